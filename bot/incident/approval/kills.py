"""Decisions on ending a leaked value: kill, break-glass and its review."""

from __future__ import annotations

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.basis import MissingConsent, consenting, kill_basis, one_is_enough, slot_wanted
from bot.incident.approval.plan import plan_of
from bot.incident.approval.state import Basis, Consent
from bot.incident.asked import Asked, Events
from bot.incident.changes import put, replace
from bot.incident.model import Actor, By, Right
from bot.incident.overlap.strategy import harm
from bot.incident.refusals import Declined, clean, demand, secret_named, when
from bot.incident.state import Incident, SecretState
from bot.incident.two_people import demand_listed
from bot.model.secrets import SecretEntry


def kill_now(incident: Incident, body: c.KillNow, asked: Asked) -> Events:
    """Never refused for being stale: a kill that is under way or over is found done. One that waits is asked for again
    where that adds to it: another person's word, or one of the `free` kills by one responder.
    """
    secret = secret_named(incident, body.secret)
    if secret.gone or secret.old.revoked_at is not None:
        raise Declined(f"{secret.name}: its old value is {secret.old_state}. {_who(secret)}Nothing more to revoke.")
    if secret.dies_in_company:
        raise Declined(_in_company(secret))
    if secret.revoked_by_person:
        raise Declined(
            f"{secret.name} can only be revoked by a person: {secret.by_hand.revoke or secret.by_hand.console} "
            "Then press “I revoked it”."
        )
    wanted = kill_asked(incident, secret, asked)
    if secret.kill is not None:
        basis = kill_basis(incident, secret, asked.at)
        if isinstance(basis, Basis):
            raise Declined(f"{secret.name}: the revocation was asked for {when(by_of(secret.kill))}. It is under way.")
        if not wanted.slot and not adds(incident, secret, asked):
            raise Declined(f"{secret.name}: the revocation was asked for {when(by_of(secret.kill))}. {_waits(basis)}")
    return (wanted,)


def kill_asked(incident: Incident, secret: SecretState, asked: Asked) -> e.KillRequested:
    """The event of this responder's decision: whether it takes a slot, and the plan that they consent to."""
    if secret.kill is None:
        # In an overlap the plan becomes that of a kill at once.
        secret = replace(secret, kill=Consent(asked.actor.name, asked.at, asked.actor.rights))
    slot = asked.free > 0 and slot_wanted(incident, secret, asked.at)
    plan = plan_of(put(incident, secret), secret).digest
    return e.KillRequested(secret.name, slot=slot, plan=plan, rights=asked.actor.recorded)


def kills_declared(entries: tuple[SecretEntry, ...], actor: Actor, free: int, *, asks: bool) -> Events:
    """A responder who declares kill-first has decided to kill. Where slots are few, the most harmful secrets take them;
    `asks`: the playbook asks for a second person in any case.
    """
    alone = [entry for entry in entries if not asks and one_is_enough(entry)]
    taking = {entry.name for entry in sorted(alone, key=harm, reverse=True)[: max(free, 0)]}
    return tuple(e.KillRequested(entry.name, slot=entry.name in taking, rights=actor.recorded) for entry in entries)


def adds(incident: Incident, secret: SecretState, asked: Asked) -> bool:
    """Whether the actor's word is not among those that count already."""
    return all(given.name != asked.actor.name for given in consenting(incident, secret, asked.at))


def _waits(missing: MissingConsent) -> str:
    return f"It waits for a second person, because {missing.why}: {missing.whom}."


def by_of(given: Consent) -> By:
    return By(given.name, given.at)


def _in_company(secret: SecretState) -> str:
    assert secret.old.owner is not None
    return (
        f"{secret.entry.provider} ends {secret.name} only together with {secret.old.owner.words}. The bot does not do "
        f"that, since other living keys would die: move those, or end it in {secret.by_hand.console}, then press “I "
        "revoked it”."
    )


def _who(secret: SecretState) -> str:
    return f"Revoked {secret.old.revoked_detail}. " if secret.old.revoked_detail else ""


def break_glass(incident: Incident, body: c.BreakGlass) -> Events:
    """Kills without the second person, and does nothing else."""
    reason = clean(body.reason, "reason")
    if not body.secrets:
        raise Declined("Break-glass names the secrets to revoke.")
    alive = []
    for name in dict.fromkeys(body.secrets):
        secret = secret_named(incident, name)
        if secret.revoked_by_person:
            raise Declined(f"{name} can only be revoked by a person, in {secret.by_hand.console}.")
        if secret.old.owner is not None:
            raise Declined(
                f"{name} ends only together with {secret.old.owner.words}. Broken glass revokes a key and nothing "
                "more; this destroys more, so a second person must approve the plan."
            )
        if not secret.gone and secret.old.revoked_at is None and secret.glass is None:
            alive.append(name)
    if not alive:
        raise Declined("All of these are dead or being revoked: nothing was broken.")
    return (e.GlassBroken(tuple(alive), reason),)


def review_glass(incident: Incident, body: c.ReviewGlass, actor: Actor) -> Events:
    """Another person than the one who broke it says what they found; two where an account without an entry broke it.

    Open or closed, that is owed.
    """
    if not actor.may(Right.APPROVE):
        demand(actor, Right.COMMAND)
    demand_listed(actor)
    verdict = clean(body.verdict, "verdict")
    named = [secret_named(incident, name) for name in dict.fromkeys(body.secrets)] or list(incident.secrets.values())
    broken = [secret for secret in named if secret.reviewers_missing]
    if not broken:
        raise Declined("No broken glass waits for a review here.")
    others = tuple(secret.name for secret in broken if actor.name not in secret.in_the_glass)
    if not others:
        raise Declined(f"{actor.name} broke the glass or has reviewed it: another person must review it.")
    return (e.GlassReviewed(others, verdict),)
