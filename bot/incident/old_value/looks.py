"""Looks that say nothing new are counted, not recorded one by one.

A leaked value that cannot be ended yet is looked at every minute, for hours: two events a look would bury what matters.
So a look that answers as the recorded one before it did is kept in the worker's memory, and now and then one event says
how many there were, and when the last one was. What dies with the worker was only ever a count: the log never says more
than was seen. What the proof of death is made of is recorded look by look, before anything is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.incident import events as e
from bot.incident.changes import put, replace
from bot.incident.consumers.asks import LONGEST_UNCOUNTED, asked_quietly
from bot.incident.lanes import Lane, old_lane
from bot.incident.old_value.proof import answer_of, effective, kind_of_look, run_is_long
from bot.incident.old_value.reminders import looked_at
from bot.incident.old_value.schedule import look_before_at, revocation_at
from bot.incident.operations import Failure, Op, Work
from bot.incident.state import Incident, SecretState
from bot.incident.work.state import LaneState
from bot.model.probes import Probe

GLANCES = frozenset({Op.PROVE, Op.CONFIRM})
"""They only look: what says nothing new can be counted."""


@dataclass(frozen=True)
class Tally:
    """Looks at one secret that no event tells of yet: `count` of them, from `since` to `until`, the last of which saw
    `probe` and `control`. `base` is how many looks the log had when they began.

    `failed_at` is when a look last could not be had, `failure` why; the one before it was recorded.
    """

    base: int
    count: int = 0
    since: datetime | None = None
    until: datetime | None = None
    probe: Probe | None = None
    control: Probe | None = None
    failed_at: datetime | None = None
    failure: str = ""

    def with_look(self, look: e.OldProbed, at: datetime) -> Tally:
        """And this one."""
        return replace(
            self,
            count=self.count + 1,
            since=self.since or at,
            until=at,
            probe=look.probe,
            control=look.control,
            failed_at=None,
        )


def quiet(incident: Incident, work: Work, now: datetime) -> bool:
    """Whether this is a look, or a question to consumers, that may turn out to be nothing but one more: nothing waits
    for it, no kill and no proof after the close.
    """
    secret = incident.secrets.get(work.subject)
    if work.op not in GLANCES or secret is None or not incident.open:
        return False
    if work.op is Op.CONFIRM:
        return asked_quietly(incident, secret, now)
    if secret.old.streak is None:
        return False
    before = look_before_at(incident, secret, revocation_at(incident, secret, now))
    if before is not None and before <= now:
        return False
    revoked = secret.old.said_at is not None or secret.old.attested is not None
    return revoked or looked_at(incident, secret)


def says_nothing_new(incident: Incident, secret: SecretState, look: e.OldProbed) -> bool:
    """Whether the look answers as the ones that are recorded. A refusal that the proof may rest on always says more."""
    streak = secret.old.streak
    if streak is None or streak.kind != kind_of_look(look) or answer_of(look) not in streak.answers:
        return False
    return effective(look) != "dead" or run_is_long(incident, secret.old)


def count_due(incident: Incident, secret: SecretState, tally: Tally) -> bool:
    """Whether the count is to be recorded now: after as long as the same answer had been recorded for, so ever more
    rarely. What holds sessions records each look: by when it was last accepted, sessions are told apart.
    """
    streak = secret.old.streak
    if streak is None or tally.until is None or secret.entry.capabilities.holds_sessions:
        return True
    pause = max(streak.until - streak.since, _seconds(incident.timings.watch))
    return tally.until - streak.until >= min(pause, LONGEST_UNCOUNTED)


def fits(secret: SecretState, tally: Tally) -> bool:
    """Whether nothing else has been recorded of looks at this value since these began."""
    return tally.base == secret.old.probes


def as_watched(incident: Incident, secret: SecretState, tally: Tally) -> Incident:
    """The incident as its agenda is to be read by whoever has made these looks: the next one is not due yet."""
    if tally.until is not None:
        incident = put(incident, replace(secret, old=replace(secret.old, last_probe_at=tally.until)))
    if tally.failed_at is None:
        return incident
    name = old_lane(secret.name)
    return replace(
        incident, lanes={**incident.lanes, name: _after_a_failed_look(incident, name, tally, tally.failed_at)}
    )


def _after_a_failed_look(incident: Incident, name: Lane, tally: Tally, at: datetime) -> LaneState:
    """Only the next look waits: a kill that has become possible does not."""
    lane, again = incident.lane(name), at + _seconds(incident.timings.watch)
    before = lane.failure
    if before is None or before.op is Op.PROVE:
        failed = Failure(Op.PROVE, "", tally.failure, at, at, again, count=1, final=False, subject=name.subject)
        return replace(lane, failure=failed)
    return replace(lane, waits_until=again if before.final else min(again, before.retry_at))


def _seconds(number: float) -> timedelta:
    return timedelta(seconds=number)
