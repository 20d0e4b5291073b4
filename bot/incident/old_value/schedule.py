"""What the lane of a leaked key wants next: capture, snapshot, revoke, prove. The strategy is the guard on revoke."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from bot.incident.approval.basis import kill_allowed
from bot.incident.clocks import next_look
from bot.incident.lanes import delete_lane, new_lane, old_lane
from bot.incident.model import Old
from bot.incident.old_value.reminders import looked_at
from bot.incident.operations import Op, Work
from bot.incident.order import capture_hold, kill_hold
from bot.incident.overlap.rules import (
    ask_at,
    held_by_copies,
    held_by_readers,
    in_window,
    last_look_at,
    overlap_end,
    overlapping,
)
from bot.incident.run_kinds import TRAITS
from bot.incident.state import Incident, SecretState
from bot.incident.steps.rules import evidence_needed
from bot.incident.table import Row, SecretMoment, State, Table
from bot.model.playbooks import RunKind

AFTER_CLOSE = TRAITS[RunKind.COMPROMISE].looks_after_close
"""When a dead leaked key is probed again, counted from the close. Its staged copy is deleted after the last probe."""
AFTER_CLOSE_WORDS = TRAITS[RunKind.COMPROMISE].looks_words
AFTER_RUN_WORDS = TRAITS[RunKind.ROTATION].looks_words
"""The same for people."""
STILL_SO = timedelta(minutes=30)
"""Between two looks at dead values and at how consumers are with the new ones."""
QUICK_PROBE = (1.0, 5.0)
"""Bounds, in seconds, of the pause between probes while a revocation spreads."""


UNFINISHED_LOOKS = 3
"""The number of workers that may die in the probe before the revocation before it is skipped: the probe itself may kill
them.
"""


LOOK_HOLDS = timedelta(minutes=15)
"""After this time a probe no longer tells the state at the begin of a revocation: someone else may have revoked since.
Longer than a revocation waits for another one, or for its retry.
"""


@dataclass(frozen=True)
class _Moment(SecretMoment):
    """Data that several rows need, found once."""

    @cached_property
    def revoke_at(self) -> datetime | None:
        return revocation_at(self.incident, self.secret, self.now)

    @cached_property
    def look_at(self) -> datetime | None:
        return look_before_at(self.incident, self.secret, self.revoke_at)


def schedule(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Work]:
    return OLD_VALUE.wanted(_Moment(incident, now, secret))


def deletion(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Work]:
    return DISABLED_KEY.wanted(SecretMoment(incident, now, secret))


def _capture(at: SecretMoment) -> datetime | None:
    return at.secret.added.at if capture_hold(at.incident, at.secret) is None else None


def _snapshot(at: _Moment) -> datetime | None:
    """Once the revocation may proceed without the snapshot, the two must not fail in turns."""
    late = at.revoke_at is not None and at.now >= at.revoke_at
    return None if at.secret.old.snapshot_at is not None or late else at.secret.old.captured_at


def _last_use(at: _Moment) -> datetime | None:
    return None if at.revoke_at is None else ask_at(at.incident, at.secret, at.revoke_at)


def _revoke(at: _Moment) -> datetime | None:
    revoke_at, look_at = at.revoke_at, at.look_at
    if revoke_at is None or look_at is None:
        return revoke_at
    later = at.secret.old.baseline_at is not None and look_at > revoke_at and look_at > at.now
    return revoke_at if later else None


def _probe(at: SecretMoment) -> datetime:
    incident, secret = at.incident, at.secret
    old, timings = secret.old, incident.timings
    if old.look_failed_at is not None:
        return next_look_at(incident, secret, old.look_failed_at)
    if old.last_probe_at is None:
        return old.said_at or secret.added.at
    watch = next_look_at(incident, secret, old.last_probe_at)
    if old.claimed is not None and not old.claim_answer and old.attested is None:
        return old.claimed.at  # a person's claim is checked at once
    if old.said_at is None or old.overdue or secret.refused_without_baseline or old.attested is not None:
        return watch
    if old.last_probe_at < old.said_at:
        return old.said_at
    if secret.entry.capabilities.swaps and secret.new.verified_at is None and not secret.entry.capabilities.controls:
        return watch  # without a control a refusal counts for nothing, and refused logins get an address banned
    low, high = QUICK_PROBE
    quick = timedelta(seconds=min(max(timings.confirm / 6, low), high))
    if old.refusals is not None:
        confirm = timedelta(seconds=timings.confirm)
        return max(old.refusals.last_at + confirm, old.last_probe_at + min(quick, confirm))
    return old.last_probe_at + quick


def _watch(at: SecretMoment) -> datetime | None:
    watched = at.secret.old.last_probe_at is not None and looked_at(at.incident, at.secret)
    return _probe(at) if watched else None


def _after_close(at: SecretMoment) -> datetime | None:
    old, closed = at.secret.old, at.incident.closed
    looks = at.incident.traits.looks_after_close
    over = old.captured_at is None or unstaged(at.incident, at.secret) or old.probes_after_close >= len(looks)
    return None if over or closed is None else closed.at + looks[old.probes_after_close]


def _still_dead(at: SecretMoment) -> datetime | None:
    looked = _looked_at(at.secret)
    return None if looked is None else looked + STILL_SO


def _unstage(at: SecretMoment) -> datetime | None:
    old = at.secret.old
    looks = at.incident.traits.looks_after_close
    looked = old.captured_at is not None and old.probes_after_close >= len(looks)
    lies = at.secret.target.staged and not unstaged(at.incident, at.secret)
    return old.last_probe_at if looked and lies else None


OLD_VALUE = Table(
    "The leaked key",
    lane=lambda at: old_lane(at.secret.name),
    states=(
        State(
            "closed", "the incident is closed", lambda at: not at.incident.open, (
                Row(Op.PROVE, f"{AFTER_CLOSE_WORDS} after the close; of a planned run {AFTER_RUN_WORDS}", _after_close,
                    ("closed", "alive")),
                Row(Op.UNSTAGE_OLD, "after the last of these looks, where it was staged", _unstage, ("closed",)),
            ),
        ),
        State(
            "unknown", "the leaked key is not known yet", lambda at: at.secret.old.captured_at is None, (
                Row(Op.CAPTURE, "at once, or with a new admin credential", _capture, ("alive",)),
            ),
        ),
        State(
            "attested", "a person vouches for its death", lambda at: at.secret.old_state is Old.ATTESTED, (
                Row(Op.PROVE, "now and then: it is checked also after a report", _probe,
                    ("attested", "dead", "alive", "ended")),
            ),
        ),
        State(
            "dead", "dead", lambda at: at.secret.gone, (
                Row(Op.PROVE, "every half hour", _still_dead, ("dead", "ended")),
            ),
        ),
        State(
            "ended", "its provider or a person reports it revoked",
            lambda at: at.secret.old.ended_at is not None, (
                Row(Op.PROVE, "repeatedly until rejections confirm it", _probe, ("ended", "dead", "alive")),
            ),
        ),
        State(
            "alive", "not revoked yet", lambda _at: True, (
                Row(Op.SNAPSHOT, "before the revocation, which waits for it only a moment", _snapshot, ("alive",)),
                Row(Op.LAST_USE, "once, at the end of an overlap or before sessions are closed", _last_use, ("alive",)),
                Row(Op.PROVE, "before the revocation, if never seen working, or long ago", lambda at: at.look_at,
                    ("alive",)),
                Row(Op.REVOKE, "consent, and nothing holds the revocation", _revoke, ("ended", "alive")),
                Row(Op.PROVE, "while only people can revoke it", _watch, ("alive", "dead")),
            ),
        ),
    ),
)  # fmt: skip


def _delete(at: SecretMoment) -> datetime | None:
    """Never while the target is in doubt."""
    needed = evidence_needed(at.incident, at.secret)
    held = at.incident.halted or at.incident.hold is not None
    return None if needed or held else at.incident.last_at


DISABLED_KEY = Table(
    "A key that was only disabled",
    lane=lambda at: delete_lane(at.secret.name),
    states=(
        State(
            "kept as evidence", "dead, and only switched off", lambda at: at.secret.kept_as_evidence, (
                Row(Op.DELETE_OLD, "once the investigation is over and its readers and checks are answered",
                    _delete, ("deleted",)),
            ),
        ),
        State("deleted", "gone for good", lambda at: at.secret.old.deleted_at is not None),
    ),
)  # fmt: skip


def look_before_at(incident: Incident, secret: SecretState, revoke_at: datetime | None) -> datetime | None:
    """When the old key is probed again before the revocation, which could begin at `revoke_at`; None if it is not.

    A value that was never seen accepted can never become dead. So one short probe is tried if no snapshot saw it, and
    unclear answers are repeated while the revocation waits for a snapshot anyway. A probe from long ago is repeated.
    The revocation does not wait for an impossible probe.
    """
    old = secret.old
    if revoke_at is None:
        return None
    if old.baseline_at is not None:  # also where a run saw it that was taken over
        return _look_again_at(incident, secret, old.baseline_at, revoke_at)
    if old.last_probe_at is None or old.captured_at is None or old.last_probe is None:
        tried = incident.lane(old_lane(secret.name)).tried(Op.PROVE, UNFINISHED_LOOKS)
        return None if tried else revoke_at
    again = old.last_probe_at + timedelta(seconds=QUICK_PROBE[0])
    patience = old.captured_at + timedelta(seconds=incident.timings.snapshot)
    unclear = old.last_probe.liveness == "unknown"
    return max(revoke_at, again) if unclear and again < patience else None


def _look_again_at(
    incident: Incident, secret: SecretState, baseline_at: datetime, revoke_at: datetime
) -> datetime | None:
    """The revocation proceeds without it until then. It is tried once, with any answer or none, and not between two
    tries of the revocation.
    """
    lane = incident.lane(old_lane(secret.name))
    failure = lane.failure if lane.failure is not None and lane.failure.op in {Op.PROVE, Op.REVOKE} else None
    if lane.gave_up(Op.REVOKE) or lane.unfinished.get(Op.PROVE, 0) >= UNFINISHED_LOOKS:
        return None
    tried = failure.at if failure is not None else None
    looked = max(filter(None, [baseline_at, secret.old.seen_alive_at, _looked_at(secret), tried]))
    return max(revoke_at, looked + LOOK_HOLDS)


def revocation_at(incident: Incident, secret: SecretState, now: datetime) -> datetime | None:
    """When the old key may be revoked; None while something other than time is missing."""
    old, entry = secret.old, secret.entry
    if secret.revoked_by_person or old.captured_at is None or not kill_allowed(incident, secret, now):
        return None
    if entry.capabilities.identifies and (not old.key_id or old.none_of_these):
        return None  # not found, or two candidates: a person chooses
    if entry.capabilities.revoke_needs_replacement and not incident.serving(secret).new.staged:
        return None
    hold = kill_hold(incident, secret)
    if hold is not None and hold.until is None:
        return None
    ready = old.snapshot_at or old.captured_at + timedelta(seconds=incident.timings.snapshot)
    if hold is not None and hold.until is not None:
        ready = max(ready, hold.until)
    running = incident.lane(new_lane(secret.name)).claim
    if running is not None and running.op is Op.ROLL_BACK:
        return None  # in a moment it is done, and the new key can be put in place again
    if overlapping(secret):
        end = overlap_end(incident, secret)
        if end is None or held_by_copies(incident, secret) or held_by_readers(incident, secret):
            return None
        if last_look_at(incident, secret, now) is not None:
            return None
        ready = max(ready, end)
    return in_window(incident, secret, ready, now)


def _looked_at(secret: SecretState) -> datetime | None:
    """When it was last looked at, in vain or not."""
    return secret.old.look_failed_at or secret.old.last_probe_at


def next_look_at(incident: Incident, secret: SecretState, looked: datetime) -> datetime:
    """When a value that waits for a person is probed again after `looked`. It has waited since its last different
    answer, a claim that it was revoked, a new key that may prove it, or its lane's permanent failure.
    """
    old, failure = secret.old, incident.lane(old_lane(secret.name)).failure
    stopped = failure.at if failure is not None and failure.final else None
    if secret.entry.capabilities.holds_sessions:  # by when it was last accepted, its sessions are told apart
        return looked + timedelta(seconds=incident.timings.watch)
    since = (old.captured_at, old.answer_since, old.said_at, _new_key_since(secret), stopped)
    return next_look(incident, secret, looked, *since)


def look_tried_again_at(incident: Incident, secret: SecretState, at: datetime) -> datetime | None:
    """When a look that could not be had until `at`, by all its tries, is tried again, without being given up: where the
    value has been looked at since anyone said that it was revoked. None otherwise: then people are needed.
    """
    looked, said = secret.old.last_probe_at, secret.old.said_at
    known = incident.open and looked is not None and (said is None or looked > said)
    return next_look_at(incident, secret, at) if known else None


def unstaged(incident: Incident, secret: SecretState) -> bool:
    """Whether its staged copy is deleted."""
    return Op.UNSTAGE_OLD in incident.lane(old_lane(secret.name)).done


def overdue_at(incident: Incident, secret: SecretState) -> datetime | None:
    """When an unproven value with a claimed revocation is reported overdue; None if it is, or was. A new key that has
    just arrived, or is just in place, may still prove it, so probes with it come first.
    """
    if secret.old.said_at is None or secret.gone or secret.old.overdue:
        return None
    asked = max(filter(None, [secret.old.said_at, secret.old.retried_at]))
    late = asked + timedelta(seconds=incident.timings.retry_for)
    come = _new_key_since(secret)
    return max(late, come + _two_looks(incident)) if come is not None else late


def proof_expected_until(incident: Incident, secret: SecretState) -> datetime | None:
    """Until when a new key that has arrived, or is in place, may prove a refused value that is probed only now and
    then; None without one.
    """
    come = _new_key_since(secret)
    return None if come is None else come + timedelta(seconds=2 * incident.timings.watch) + _two_looks(incident)


def _new_key_since(secret: SecretState) -> datetime | None:
    """Since when there is a new key that can yet prove it dead."""
    new = secret.new
    come = new.promoted_at or new.promote_began_at or (new.staged_at if new.staged else None)
    return come if secret.provable else None


def _two_looks(incident: Incident) -> timedelta:
    """How long a proof takes at most, where both of its looks are answered."""
    each = QUICK_PROBE[1] + incident.timings.http_timeout
    return timedelta(seconds=incident.timings.confirm + 2 * each)
