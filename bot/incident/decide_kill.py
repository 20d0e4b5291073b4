"""Decisions on ending a leaked value: kill, approve, reject, break-glass."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Actor, Right
from bot.incident.plan import approved, initiators, plan_of, request_digest, second_person
from bot.incident.refusals import Declined, clean, demand, secret_named, when
from bot.incident.state import By, Incident, SecretState

Events = tuple[e.Event, ...]


def kill_now(incident: Incident, body: c.KillNow) -> Events:
    """Never refused for being stale: a kill that is under way or over is found done. One whose plan was rejected is
    asked for anew.
    """
    secret = secret_named(incident, body.secret)
    if secret.gone or secret.old.revoked_at is not None:
        raise Declined(f"{secret.name}: its old value is {secret.old_state}. {_who(secret)}Nothing more to kill.")
    if secret.dies_in_company:
        raise Declined(_in_company(secret))
    if secret.revoked_by_person:
        raise Declined(
            f"{secret.name} can only be revoked by a person: {secret.entry.revoke_by_hand or secret.entry.console} "
            "Then press “I revoked it”."
        )
    rejected = incident.rejected_plans.get(secret.name) == plan_of(incident, secret).digest
    if secret.kill is not None and not (rejected and second_person(incident, secret)):
        reason = second_person(incident, secret)
        waits = f"It waits for a second person, because {reason}." if reason else "It is under way."
        raise Declined(f"{secret.name}: the kill was asked for {when(secret.kill)}. {waits}")
    return (e.KillRequested(secret.name),)


def _in_company(secret: SecretState) -> str:
    assert secret.old.owner is not None
    return (
        f"{secret.entry.provider} ends {secret.name} only together with {secret.old.owner.words}. The bot does not do "
        f"that, since other living keys would die: move those, or end it in {secret.entry.console}, then press “I "
        "revoked it”."
    )


def _who(secret: SecretState) -> str:
    return f"Revoked {secret.old.revoked_detail}. " if secret.old.revoked_detail else ""


def break_glass(incident: Incident, body: c.BreakGlass) -> Events:
    """Kills without the second person, and does nothing else."""
    reason = clean(body.reason, "reason")
    if not body.secrets:
        raise Declined("Break-glass names the secrets to kill.")
    alive = []
    for name in body.secrets:
        secret = secret_named(incident, name)
        if secret.revoked_by_person:
            raise Declined(f"{name} can only be revoked by a person, in {secret.entry.console}.")
        if secret.old.owner is not None:
            raise Declined(
                f"{name} ends only together with {secret.old.owner.words}. Broken glass kills a key and nothing more; "
                "this destroys more, so a second person must approve the plan."
            )
        if not secret.gone and secret.old.revoked_at is None and secret.glass is None:
            alive.append(name)
    if not alive:
        raise Declined("All of these are dead or being killed: nothing was broken.")
    return (e.GlassBroken(tuple(alive), reason),)


def approve_plan(incident: Incident, body: c.ApprovePlan, actor: Actor, at: datetime) -> Events:
    demand(actor, Right.APPROVE)
    plans = _requested(incident, body.digest, at)
    for name in plans:
        secret = incident.secrets[name]
        if actor.name in initiators(incident, secret):
            raise Declined(
                f"{actor.name} declared or decided about {name}, so cannot be its second person. Another approver must "
                "look at it."
            )
    until = at + timedelta(seconds=incident.timings.approval_expires)
    return (e.PlanApproved(plans, until),)


def reject_plan(incident: Incident, body: c.RejectPlan, actor: Actor) -> Events:
    demand(actor, Right.APPROVE)
    reason = clean(body.reason, "reason")
    return (e.PlanRejected(_requested(incident, body.digest, None), reason),)


def _requested(incident: Incident, digest: str, at: datetime | None) -> dict[str, str]:
    """The plans that are waiting, if they are the ones that the person looked at and nothing has changed since."""
    request = incident.request
    if request is None:
        raise Declined(_nothing_waits(incident, at))
    if digest and digest != request_digest(request.plans):
        raise Declined("The plan has changed since this was shown to you: look at the new one, then approve that.")
    changed = [n for n, d in request.plans.items() if plan_of(incident, incident.secrets[n]).digest != d]
    if changed:
        raise Declined(
            f"The plan of {', '.join(changed)} has changed since it was put up for approval. A new one follows."
        )
    if at is not None and at >= request.until:
        raise Declined("This request has expired. A new one follows.")
    return dict(request.plans)


def _nothing_waits(incident: Incident, at: datetime | None) -> str:
    for secret in incident.secrets.values():
        if secret.approval is not None and at is not None and approved(incident, secret, at):
            by = By(secret.approval.by, secret.approval.at)
            return f"The plan was approved {when(by)}. Nothing waits for approval."
    return "Nothing waits for approval."
