"""A clock that never goes back while the process runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.logs import Logger

FURTHEST = timedelta(days=1)
"""Enough for a clock that was set to local time. What lies further ahead is no time to act by."""
_WORTH_SAYING = timedelta(minutes=1)
_log = Logger(__name__)


class MonotonicClock:
    """`clock`, except that after a jump back, time continues from its last value.

    The log has due times as times of day. Without this class a clock corrected by ten minutes would stop all work, also
    revocations, for ten minutes. Jumps ahead are followed, since a machine may have slept. `monotonic` gives seconds
    that never go back. Thread-safe.
    """

    def __init__(self, clock: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._last = clock()
        self._since = monotonic()

    def __call__(self) -> datetime:
        with self._lock:
            told, since = self._clock(), self._monotonic()
            if told < self._last:
                told = self._last + timedelta(seconds=max(since - self._since, 0.0))
            self._last, self._since = told, since
            return told

    def reached(self, at: datetime) -> bool:
        """Goes on from `at`, at which something has happened already, where that lies ahead; False, and nothing has
        changed, where it lies more than a day ahead.
        """
        ahead = at - self()
        if ahead > FURTHEST:
            return False
        if ahead > _WORTH_SAYING:
            _log.warning("this machine's clock is behind the event log; time goes on from the log's", ahead=str(ahead))
        with self._lock:
            if at > self._last:
                self._last, self._since = at, self._monotonic()
        return True
