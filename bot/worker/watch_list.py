"""Which incidents the worker looks at in a round, and how long it can wait for the next one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.eventlog import Register
from bot.incident.lanes import Lane, LaneKind
from bot.incident.old_value.schedule import AFTER_CLOSE
from bot.incident.operations import Op, Work
from bot.incident.state import Incident

TICK = 1.0
"""Seconds after which the worker looks again, whatever it was told."""
SHORTEST_PAUSE = 0.005
FORGOTTEN_AFTER = AFTER_CLOSE[-1] + timedelta(days=60)
"""A closed incident whose last event is older is not looked at any more. The last probe comes a month after the close:
beyond it, this is the time in which a log that had no worker for a while can still make up for it.
"""
AT_ONCE = 8
"""Incidents with news that one round looks at, open ones first: a start finds hundreds of closed ones, and what is open
must not wait until all of them have been read.
"""
RESTS_FOR = 3.0
"""After a look at an incident it is left alone for so many times the processor time that the look took: a thousand
secrets have news many times a second, and looking must leave the processor to the work itself. Four secrets rest for a
few milliseconds.
"""
LONGEST_REST = 0.5
"""Seconds."""


@dataclass
class Watched:
    """What the loop remembers of an incident, to look at it only when something can have come."""

    seq: int
    next_at: datetime | None


@dataclass
class WatchList:
    """The loop's own, but for `again`, which the pool's threads write as well, holding `lock`."""

    monotonic: Callable[[], float] = time.monotonic
    lock: threading.Lock = field(default_factory=threading.Lock)
    watched: dict[str, Watched] = field(default_factory=dict)
    again: dict[str, datetime] = field(default_factory=dict)
    """Incidents to look at whatever the log says, and from when on."""
    behind: bool = False
    """Whether there were more incidents with news than the last round took."""
    _rests: dict[str, float] = field(default_factory=dict)
    """Until when, in monotonic seconds, an incident is left alone after the last look at it."""
    _put_off: set[str] = field(default_factory=set)
    """Incidents with news that rested in the last round."""

    def due(self, event_log: Register, now: datetime) -> list[str]:
        """Those to look at now, with news first. LogUnavailable where the log cannot be asked."""
        known = {name: watched.seq for name, watched in self.watched.items()}
        news = list(event_log.changes_since(known, now - FORGOTTEN_AFTER))
        resting = {name for name in self._rests if self._rest_of(name) > 0}
        self._put_off = resting.intersection(news)
        changed = [name for name in news if name not in resting]
        self.behind = len(changed) > AT_ONCE
        timed = [name for name, watched in self.watched.items() if watched.next_at and watched.next_at <= now]
        with self.lock:
            again = [name for name, at in self.again.items() if at <= now and name not in resting]
            for name in again:
                del self.again[name]
        return list(dict.fromkeys([*changed[:AT_ONCE], *again, *(name for name in timed if name not in resting)]))

    def saw(self, incident: str, seq: int, next_at: datetime | None, took: float = 0.0) -> None:
        """It was looked at as of event `seq`, which took so many seconds of the processor; nothing comes of itself
        before `next_at`.
        """
        self.watched[incident] = Watched(seq, next_at)
        if took:
            self._rests[incident] = self.monotonic() + min(RESTS_FOR * took, LONGEST_REST)

    def look_again(self, incidents: list[str], at: datetime) -> None:
        with self.lock:
            self.again |= dict.fromkeys(incidents, at)

    def pause(self, now: datetime) -> float:
        """Seconds until there is something to look at, unless there is news before."""
        if self.behind:
            return SHORTEST_PAUSE
        with self.lock:
            times = list(self.again.items())
        times += [(name, watched.next_at) for name, watched in self.watched.items() if watched.next_at is not None]
        pauses = [max((at - now).total_seconds(), self._rest_of(name)) for name, at in times]
        pauses += [self._rest_of(name) for name in self._put_off]
        return min(max(min(pauses, default=TICK), SHORTEST_PAUSE), TICK)

    def _rest_of(self, incident: str) -> float:
        """Seconds for which it is still left alone."""
        return max(self._rests.get(incident, 0.0) - self.monotonic(), 0.0)


# The pause between two refusals, by a clock that nobody sets.


class ProbeInterval:
    """Keeps the next look of a proof back until its pause has really passed.

    That two refusals are far enough apart stands in the log as times of day: a clock that is set forward between them
    would make a proof of two looks in a moment, during which a revocation may only have been spreading. So the pause
    also counts in seconds that never jump, from when this process first saw the last refusal in the log. One that did
    not make that look itself, after a start or a take-over, waits as long from there. Of one thread only.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: dict[tuple[str, str], tuple[datetime, float]] = {}

    def see(self, incident: Incident) -> None:
        """Notes the refusals of all proofs that are under way; to be called whenever the incident is looked at."""
        for secret in incident.secrets.values():
            key, run = (incident.id, secret.name), secret.old.refusals
            if run is None or secret.old.contained_at is not None:
                self._seen.pop(key, None)
            elif key not in self._seen or self._seen[key][0] != run.last_at:
                self._seen[key] = run.last_at, self._monotonic()

    def left(self, incident: Incident, work: Work) -> float:
        """Seconds for which `work` has to wait; 0.0 for what is no look of a proof under way."""
        seen = self._seen.get((incident.id, work.subject)) if work.op is Op.PROVE else None
        if seen is None:
            return 0.0
        return max(seen[1] + incident.timings.confirm - self._monotonic(), 0.0)


# Whose work gets a thread: shares of the pool by the kind of lane, and of each share at most half for one provider.


type Share = LaneKind | None
type Shares = Mapping[Share, int]

SHARES: Shares = {
    LaneKind.OLD: 24,
    LaneKind.NEW: 12,
    LaneKind.FUNCTION: 8,
    LaneKind.USAGE: 4,
    LaneKind.ACCESS: 4,
    None: 8,
}
"""Threads by the kind of lane, those of all others last. What waits for one quota must not keep the rest
from theirs: a hundred kills would hold up the first new value, and making, which waits for three writes a second, the
functions that a value is ready for.
"""


def share_of(shares: Shares, lane: Lane) -> Share:
    return lane.kind if lane.kind in shares else None


def room_for(shares: Shares, running: Collection[tuple[str, Lane]], incident: Incident, work: Work) -> bool:
    """Whether it can start beside the lanes that run, each with its incident. A slow provider may hold up its own
    lanes, not everybody's: it gets half of a share.
    """
    share = share_of(shares, work.lane)
    alike = [(owner, lane) for owner, lane in running if share_of(shares, lane) == share]
    if len(alike) >= shares[share]:
        return False
    provider = provider_of(incident, work)
    if not provider:
        return True
    others = (incident.secrets.get(lane.subject) for owner, lane in alike if owner == incident.id)
    busy = sum(1 for secret in others if secret is not None and secret.entry.provider == provider)
    return busy < max(shares[share] // 2, 1)


def provider_of(incident: Incident, work: Work) -> str:
    """That of the secret which the work is about; empty for all else."""
    secret = incident.secrets.get(work.subject)
    return secret.entry.provider if secret is not None else ""
