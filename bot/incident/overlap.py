"""The overlap of both values: when it ends, and what its kill waits for."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incident.basis import kill_basis
from bot.incident.model import IfFailing, Strategy
from bot.incident.state import Basis, Incident, SecretState


def overlapping(secret: SecretState) -> bool:
    """Whether the kill waits for the end of an overlap."""
    overlaps = secret.strategy is Strategy.OVERLAP and not secret.entry.abilities.swaps and secret.new.wanted
    return overlaps and secret.kill is None and secret.glass is None


def last_look_at(incident: Incident, secret: SecretState, now: datetime) -> datetime | None:
    """When the consumers are asked once more, since the kill at the end of an overlap could begin then; None if that
    is not to come, or they have been.
    """
    new = secret.new
    end = overlap_end(incident, secret) if overlapping(secret) and new.live_at is not None else None
    if end is None or secret.if_failing is IfFailing.END or not any(one.health for one in secret.entry.consumers):
        return None
    basis = kill_basis(incident, secret, now)
    if not isinstance(basis, Basis) or secret.old.revoked_at is not None or secret.gone:
        return None
    begins = max(end, basis.at)
    return begins if new.asked_at is None or new.asked_at < begins else None


def overlap_end(incident: Incident, secret: SecretState) -> datetime | None:
    """When the overlap of both values ends; None until the new one is in place, and no consumer refuses it or the plan
    says to end the old one all the same.
    """
    start = secret.new.live_at
    if start is None and secret.new.failing and secret.if_failing is IfFailing.END:
        start = secret.new.placed_at
    if secret.strategy is not Strategy.OVERLAP or start is None:
        return None
    return start + timedelta(seconds=incident.timings.overlap)


def kept_while_failing(incident: Incident, secret: SecretState) -> bool:
    """Whether the kill at the end of an overlap waits, and nothing else would hold it up for ever: a consumer refuses
    the new value, and the plan says to keep the old one then.
    """
    alive = incident.open and secret.old.revoked_at is None and not secret.gone
    return alive and bool(secret.new.failing) and overlapping(secret) and secret.if_failing is IfFailing.KEEP


def held_by_copies(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """The copies that an overlap does not end for, by name: the old value may still serve by them. Whoever wants it
    killed now does not wait for them.
    """
    over = secret.old.revoked_at is not None or secret.gone
    if over or not overlapping(secret) or overlap_end(incident, secret) is None:
        return ()
    return tuple(state.copy.name for state in secret.open_copies)
