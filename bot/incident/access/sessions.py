"""Sessions of roles that a leaked key opened: two people deny them by a dated policy, and one can remove it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.made import name_of
from bot.incident.approval.proposals import SESSIONS, propose
from bot.incident.commands import Asked, Events
from bot.incident.hold import demand_none
from bot.incident.lanes import deny_lane
from bot.incident.offer import HUMAN_RESPONDER, POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.refusals import Declined, clean, demand_responder, when
from bot.incident.shown import digest_of
from bot.incident.state import Check, Incident, Proposal, SecretState
from bot.incident.work.rules import failed_for_good
from bot.model.secrets import Consumer


def policy_name(incident: Incident) -> str:
    """The inline policy's name, the same on every role: the bot writes and removes no other."""
    return f"compromise-{incident.id}-deny-before"


def role_of(secret: SecretState, check: Check) -> str:
    """The name of the role whose sessions the check is about; empty for another check."""
    uses = secret.use.found.uses if secret.use is not None else ()
    return next((use.role for use in uses if use.role and name_of(use) == check.item), "")


def consumers_of(secret: SecretState, role: str) -> tuple[Consumer, ...]:
    """The catalogued consumers that run with the role, by the last look."""
    return secret.use.runs.get(role, ()) if secret.use is not None else ()


def shown_digest(incident: Incident, role: str, consumers: tuple[Consumer, ...]) -> str:
    """Of what a person sees who proposes the deny; its time is that of the proposal."""
    return digest_of([role, policy_name(incident), [one.function for one in consumers]])


def opened(incident: Incident, item: str) -> tuple[SecretState, str] | None:
    """The secret and role of this check; None for another check."""
    for secret in incident.secrets.values():
        if (check := secret.checks.get(item)) is not None and (role := role_of(secret, check)):
            return secret, role
    return None


def decide(incident: Incident, body: c.AccessCommand, asked: Asked) -> Events:
    demand_responder(incident, asked.actor)
    if isinstance(body, c.LiftDeny):
        return (
            e.DenyLifted(_standing(incident, body.role), clean(body.reason, "reason")),
            *_retried(incident, body.role),
        )
    demand_none(incident)
    found = opened(incident, body.item)
    if found is None:
        raise Declined(f"{body.item!r} is no opened session of a role of ours. Nothing changed.")
    secret, role = found
    if not secret.gone and secret.old.ended_at is None:
        raise Declined(f"The old key of {secret.name} can open further sessions: revoke it first.")
    consumers = consumers_of(secret, role)
    if body.seen and body.seen != shown_digest(incident, role, consumers):
        raise Declined("The functions with this role changed since you saw them. Look again.")
    until = asked.at.astimezone(UTC).replace(microsecond=0).isoformat()
    items = (role, until, policy_name(incident), *(one.function for one in consumers))
    return (propose(incident, SESSIONS, secret.name, clean(body.reason, "reason"), asked, items),)


def sessions_agreed(incident: Incident, proposal: Proposal) -> Events:
    """Exactly what was proposed: the role, the time and its functions."""
    demand_none(incident)
    role, until, _, *functions = proposal.items
    consumers = consumers_of(incident.secrets[proposal.subject], role)
    if [one.function for one in consumers] != functions:
        raise Declined("The functions with this role changed since the proposal: propose it again.")
    agreed = e.DenyAgreed(role, proposal.subject, datetime.fromisoformat(until), consumers, proposal.by)
    return (agreed, *_retried(incident, role))


def _retried(incident: Incident, role: str) -> Events:
    return failed_for_good(incident, deny_lane(role))


def _standing(incident: Incident, role: str) -> str:
    deny = incident.denies.get(role)
    if deny is None:
        raise Declined(
            f"The bot denies no sessions of {role!r}. Its denied roles: {', '.join(incident.denies) or 'none'}."
        )
    if deny.lifted is not None:
        raise Declined(f"The deny of role {role} was removed {when(deny.lifted)}. Nothing changed.")
    return role


def offers(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    for check in secret.checks.values():
        if role := role_of(secret, check):
            body = c.EndSessions(check.item, "", shown_digest(incident, role, consumers_of(secret, role)))
            deny = incident.denies.get(role)
            under_way = deny is not None and deny.seen_at is None
            urgency = SENSIBLE if check.open and not under_way else POSSIBLE
            reason = f"end the sessions of role {role} opened before now"
            yield Offer(c.EndSessions, body, check.item, reason, HUMAN_RESPONDER, urgency, secret.name)


def lifts(incident: Incident) -> Iterator[Offer]:
    for role, deny in incident.denies.items():
        reason = f"if role {role} needs its sessions opened before {deny.until:%Y-%m-%d %H:%M} UTC again"
        yield Offer(c.LiftDeny, c.LiftDeny(role, ""), role, reason, RESPONDER)
