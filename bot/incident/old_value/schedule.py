"""What the lane of a leaked value wants next: capture, snapshot, revoke, prove. The strategy is the guard on revoke."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incident.approval.basis import kill_allowed
from bot.incident.model import Old
from bot.incident.old_value.reminders import looked_at
from bot.incident.operations import (
    Op,
    Work,
    new_lane,
    old_lane,
)
from bot.incident.order import capture_hold, kill_hold
from bot.incident.overlap.last_use import ask_at, held_by_use
from bot.incident.overlap.rules import held_by_copies, last_look_at, overlap_end, overlapping
from bot.incident.state import Incident, SecretState

AFTER_CLOSE = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=24),
    timedelta(days=7),
    timedelta(days=14),
    timedelta(days=30),
)
"""When a dead value is looked at again, counted from the close: keys that were harvested are tried again weeks later.
What was staged of it is deleted after the last of these.
"""
AFTER_CLOSE_WORDS = "15 minutes, 1 hour, 24 hours, 7, 14 and 30 days"
"""The same for people."""
QUICK_PROBE = (1.0, 5.0)
"""Bounds, in seconds, of the pause between probes while a revocation spreads."""


def old_track(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Work]:
    lane, old = old_lane(secret.name), secret.old

    def work(op: Op, at: datetime) -> Work:
        return Work(op, lane, secret.name, at)

    if not incident.open:
        yield from _after_close(incident, secret)
    elif old.captured_at is None:
        if capture_hold(incident, secret) is None:
            yield work(Op.CAPTURE, secret.added.at)
    elif secret.gone:
        if secret.old_state is Old.ATTESTED:  # nobody's word keeps a value from being looked at
            yield work(Op.PROVE, _next_probe(incident, secret))
    elif old.ended_at is not None:
        yield work(Op.PROVE, _next_probe(incident, secret))
    else:
        revoke_at = revocation_at(incident, secret, now)
        # Once the kill may go on without the snapshot, the two must not take turns at failing.
        if old.snapshot_at is None and (revoke_at is None or now < revoke_at):
            yield work(Op.SNAPSHOT, old.captured_at)
        if revoke_at is not None:
            look_at, use_at = _look_before_at(incident, secret, revoke_at), ask_at(incident, secret, revoke_at)
            if use_at is not None:
                yield work(Op.LAST_USE, use_at)
            yield work(Op.REVOKE, revoke_at) if look_at is None else work(Op.PROVE, look_at)
        if old.last_probe_at is not None and looked_at(incident, secret):
            yield work(Op.PROVE, _next_probe(incident, secret))


def _look_before_at(incident: Incident, secret: SecretState, revoke_at: datetime) -> datetime | None:
    """When the old value is looked at once more before the kill; None if it is not.

    Without having been seen alive its death could never be proven. So one short look is tried where no snapshot came to
    one, and unclear answers are asked for again, for as long as a kill waits for a snapshot anyway.
    """
    old = secret.old
    if old.last_probe_at is None or old.captured_at is None or old.last_probe is None:
        tried = Op.PROVE in incident.lane(old_lane(secret.name)).attempts
        return None if tried else revoke_at
    again = old.last_probe_at + timedelta(seconds=QUICK_PROBE[0])
    patience = old.captured_at + timedelta(seconds=incident.timings.snapshot)
    unclear = old.baseline_at is None and old.last_probe.liveness == "unknown"
    return max(revoke_at, again) if unclear and again < patience else None


def revocation_at(incident: Incident, secret: SecretState, now: datetime) -> datetime | None:
    """When the old value may be revoked; None while something other than time is missing."""
    old, entry = secret.old, secret.entry
    if secret.revoked_by_person or old.captured_at is None or not kill_allowed(incident, secret, now):
        return None
    if entry.abilities.identifies and (not old.key_id or old.none_of_these):
        return None  # not found, or two candidates: a person chooses
    if entry.abilities.revoke_needs_replacement and not secret.new.staged:
        return None
    hold = kill_hold(incident, secret)
    if hold is not None and hold.until is None:
        return None
    ready = old.snapshot_at or old.captured_at + timedelta(seconds=incident.timings.snapshot)
    if entry.abilities.renews and _to_be_renewed(incident, secret):
        ready = max(ready, old.captured_at + timedelta(seconds=incident.timings.retry_for))
    if hold is not None and hold.until is not None:
        ready = max(ready, hold.until)
    running = incident.lane(new_lane(secret.name)).claim
    if running is not None and running.op is Op.ROLL_BACK:
        return None  # in a moment it is done, and the new value can be put in place again
    if overlapping(secret):
        end = overlap_end(incident, secret)
        if end is None or held_by_copies(incident, secret) or held_by_use(secret, routine=incident.routine):
            return None
        return None if last_look_at(incident, secret, now) is not None else max(ready, end)
    return ready


def _to_be_renewed(incident: Incident, secret: SecretState) -> bool:
    """Whether the next value can still be made out of the old one. Nobody waits for that once it has failed for good,
    or once somebody breaks the glass.
    """
    failure = incident.lane(new_lane(secret.name)).failure
    given_up = failure is not None and failure.final
    return (
        secret.new.wanted and not secret.new.staged and not secret.new.inbox and not given_up and secret.glass is None
    )


def _next_probe(incident: Incident, secret: SecretState) -> datetime:
    old, timings = secret.old, incident.timings
    if old.last_probe_at is None:
        return old.said_at or secret.added.at
    watch = old.last_probe_at + timedelta(seconds=timings.watch)
    if old.claimed is not None and not old.claim_answer and old.attested is None:
        return old.claimed.at  # what somebody says is looked at, at once
    if old.said_at is None or old.overdue or secret.refused_without_baseline or old.attested is not None:
        return watch
    if old.last_probe_at < old.said_at:
        return old.said_at
    if secret.entry.abilities.swaps and secret.new.verified_at is None and not secret.entry.abilities.controls:
        return watch  # without a control a refusal counts for nothing, and refused logins get an address banned
    low, high = QUICK_PROBE
    quick = timedelta(seconds=min(max(timings.confirm / 6, low), high))
    if old.refusals is not None:
        confirm = timedelta(seconds=timings.confirm)
        return max(old.refusals.last_at + confirm, old.last_probe_at + min(quick, confirm))
    return old.last_probe_at + quick


def _after_close(incident: Incident, secret: SecretState) -> Iterator[Work]:
    assert incident.closed is not None
    lane, old = old_lane(secret.name), secret.old
    if old.captured_at is None or old.unstaged:
        return
    if old.probes_after_close < len(AFTER_CLOSE):
        yield Work(Op.PROVE, lane, secret.name, incident.closed.at + AFTER_CLOSE[old.probes_after_close])
    elif old.staged is not None and old.last_probe_at is not None:
        yield Work(Op.UNSTAGE_OLD, lane, secret.name, old.last_probe_at)
