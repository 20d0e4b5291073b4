"""Which incidents the worker looks at in a round, and how long it can wait for the next one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.eventlog import Register
from bot.incident.old_value.schedule import AFTER_CLOSE

TICK = 1.0
"""Seconds after which the worker looks again, even without news."""
SHORTEST_PAUSE = 0.005
FORGOTTEN_AFTER = AFTER_CLOSE[-1] + timedelta(days=60)
"""A closed incident whose last event is older is no longer checked. The last probe comes a month after the close. The
rest of this time allows a log without a worker to catch up.
"""
AT_ONCE = 8
"""The most incidents with news in one round, open ones first: a start finds hundreds of closed ones, and open ones must
not wait for all of them.
"""
RESTS_FOR = 3.0
"""An incident rests for this many times the processor time of its last look. A thousand secrets have news many times a
second, and looking must leave the processor to the work itself. Four secrets rest for a few milliseconds.
"""
LONGEST_REST = 0.5
"""Seconds."""


@dataclass
class Watched:
    """The loop's memory of an incident, so that it looks only if something may have changed."""

    seq: int
    next_at: datetime | None


@dataclass
class WatchList:
    """Used by the loop only, except `again`, which the pool's threads also write while they hold `lock`."""

    monotonic: Callable[[], float] = time.monotonic
    lock: threading.Lock = field(default_factory=threading.Lock)
    watched: dict[str, Watched] = field(default_factory=dict)
    again: dict[str, datetime] = field(default_factory=dict)
    """Incidents to look at regardless of the log, and from when on."""
    behind: bool = False
    """Whether there were more incidents with news than the last round took."""
    _rests: dict[str, float] = field(default_factory=dict)
    """Until when, in monotonic seconds, an incident is left alone after the last look at it."""
    _put_off: set[str] = field(default_factory=set)
    """Incidents with news that rested in the last round."""

    def due(self, event_log: Register, now: datetime) -> list[str]:
        """Incidents to look at now, with news first. LogUnavailable if the log cannot be read."""
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
        """Records a look at event `seq` and its processor seconds; without news nothing is due before `next_at`."""
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
