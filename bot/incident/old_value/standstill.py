"""Whether nothing that the machine does will revoke a working value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.incident.approval.offers import waits_for_answer
from bot.incident.approval.plan import kill_wanted, revoked_by_hand
from bot.incident.lanes import Lane, function_lane, new_lane, old_lane
from bot.incident.model import Strategy
from bot.incident.old_value.schedule import revocation_at
from bot.incident.operations import Op, Work
from bot.incident.order import capture_hold, kill_hold
from bot.incident.overlap.rules import held_by_readers
from bot.incident.state import Incident, SecretState

type InHand = Mapping[Lane, frozenset[Op]]
"""What each lane is doing, or will do on its own."""


def in_hand(incident: Incident, works: Iterable[Work]) -> InHand:
    """The claims, and `works`, the incident's agenda: found once for all secrets."""
    found: dict[Lane, set[Op]] = {}
    for lane in incident.held.values():
        claim = incident.lane(lane).claim
        if claim is not None:
            found.setdefault(lane, set()).add(claim.op)
    for work in works:
        found.setdefault(work.lane, set()).add(work.op)
    return {lane: frozenset(ops) for lane, ops in found.items()}


def stands_still(incident: Incident, secret: SecretState, now: datetime, todo: InHand) -> bool:
    """Whether nothing that the machine does, or will do on its own, will revoke this working value."""
    if not incident.open or secret.gone or incident.halted:
        return False
    if secret.old.captured_at is None and capture_hold(incident, secret) is not None:
        return False  # it waits for another secret, which has offers of its own
    hold = kill_hold(incident, secret)
    if hold is not None and hold.until is None and secret.old.captured_at is not None:
        return False
    if secret.held_at is None and held_by_readers(incident, secret):
        return False  # people are told once the overlap's time is over
    if waits_for_answer(incident, secret, now):
        return False
    after_new = _after_new(incident, secret)
    if after_new and secret.new.promoted_at is not None and secret.new.live_at is None:
        readers = (function_lane(consumer.function) for consumer in secret.entry.consumers)
        if any(Op.REFRESH in todo.get(lane, ()) for lane in readers):
            return False
    comes = (new_lane(incident.serving(secret).name),) if after_new else ()
    lanes = (old_lane(secret.name), *comes)
    return not any(_leads_on(incident, secret, now, op) for lane in lanes for op in todo.get(lane, ()))


def _leads_on(incident: Incident, secret: SecretState, now: datetime, op: Op) -> bool:
    """A probe of a value that is not being revoked is no step towards its death."""
    if op in {Op.SNAPSHOT, Op.LAST_USE, Op.SWEEP, Op.END_ORPHAN, Op.UNSTAGE}:
        return False
    if op is not Op.PROVE:
        return True
    if secret.old.ended_at is not None:
        return not secret.old.overdue
    stopped = incident.lane(old_lane(secret.name)).failed_for_good
    return not stopped and revocation_at(incident, secret, now) is not None


def _after_new(incident: Incident, secret: SecretState) -> bool:
    """Whether the old key is to end only once a new one has come."""
    new, capabilities = incident.serving(secret).new, secret.entry.capabilities
    if secret.old.revoked_at is not None or not new.wanted or revoked_by_hand(incident, secret):
        return False
    overlaps = secret.strategy is Strategy.OVERLAP and secret.new.wanted and not kill_wanted(secret)
    return overlaps or (capabilities.revoke_needs_replacement and not new.staged)
