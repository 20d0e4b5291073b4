"""Token buckets: how fast the bot may call an outside system, and which call goes first when several wait.

A bucket learns from throttling, since others use the same quota. After the first refusal it loses its saved tokens.
After another one soon, its rate halves, and grows back by a tenth of the full rate each second.
"""

from __future__ import annotations

import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bot.model.priority import Priority

RECOVERY_PER_SECOND = 0.1
"""Share of the full rate that comes back each second after a slow-down."""
LOWEST_SHARE = 1 / 16
ONE_REFUSAL = 0.5
"""Seconds in which several refusals count as one: their calls were under way together."""
SOON = 10.0
"""Seconds within which another refusal means that the rate itself is too high."""
ROUNDING = 1e-9
LONGEST_PAUSE = 120.0
"""Seconds: a longer Retry-After is cut to this, so that one odd answer cannot stop a revocation for an hour."""


_WORK: ContextVar[Priority] = ContextVar("work", default=Priority.READ)


@contextmanager
def working_at(priority: Priority) -> Iterator[None]:
    """Raises the priority of this thread's calls inside the block to at least `priority`: a read that a revocation
    needs is as urgent as the revocation.
    """
    token = _WORK.set(priority)
    try:
        yield
    finally:
        _WORK.reset(token)


def working_priority(priority: Priority) -> Priority:
    """The priority of a call in this thread whose own is `priority`."""
    return min(priority, _WORK.get())


class Bucket:
    """A token bucket with priorities. Thread-safe.

    `rate` is tokens a second, `burst` how many it may save. `clock` gives monotonic seconds; `wait` waits on a
    condition for at most some seconds. Tests pass both, so that no test sleeps.
    """

    def __init__(
        self,
        rate: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Condition, float | None], object] = threading.Condition.wait,
    ) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError("a bucket needs a rate above 0 and a burst of at least 1")
        self._full_rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._wait = wait
        self._turn = threading.Condition()
        self._queue: list[tuple[Priority, int]] = []
        self._tickets = itertools.count()
        self._tokens = float(burst)
        self._share = 1.0
        self._seen = clock()
        self._closed_until = -math.inf
        self._refused_at = -math.inf

    def take(self, priority: Priority, unless: Callable[[], bool] = lambda: False) -> bool:
        """Takes one token. Blocks until there is one and no call of a higher priority, or an earlier one of the same
        priority, waits.

        `working_at` may raise the priority. Returns False without taking a token if `unless` holds first: another
        thread has done the work. `unless` is called whenever this waiter is woken.
        """
        with self._turn:
            ticket = (working_priority(priority), next(self._tickets))
            heapq.heappush(self._queue, ticket)
            try:
                while not unless():
                    if (delay := self._delay(ticket)) == 0.0:
                        self._tokens -= 1.0
                        return True
                    self._wait(self._turn, delay)
                return False
            finally:
                self._queue.remove(ticket)
                heapq.heapify(self._queue)
                self._turn.notify_all()

    def look_again(self) -> None:
        """Wakes all waiters, so that they call their `unless`."""
        with self._turn:
            self._turn.notify_all()

    def slow_down(self, retry_after: float | None) -> None:
        """Learns from a 429 or a ThrottlingException; gives no token for `retry_after` seconds."""
        with self._turn:
            self._refill()
            since = self._seen - self._refused_at
            if since >= ONE_REFUSAL:
                self._refused_at = self._seen
                if since < SOON:
                    self._share = max(self._share / 2, LOWEST_SHARE)
            self._tokens = 0.0
            pause = min(max(retry_after or 0.0, 0.0), LONGEST_PAUSE)
            self._closed_until = max(self._closed_until, self._seen + pause)

    @property
    def rate(self) -> float:
        """Tokens a second at present."""
        with self._turn:
            self._refill()
            return self._full_rate * self._share

    def _delay(self, ticket: tuple[Priority, int]) -> float | None:
        """Seconds until this waiter should look again: 0 for its turn, None until it is woken."""
        self._refill()
        if self._queue[0] != ticket:
            return None
        if self._closed_until > self._seen:
            return self._closed_until - self._seen
        if self._tokens >= 1.0 - ROUNDING:
            return 0.0
        return (1.0 - self._tokens) / (self._full_rate * self._share)

    def _refill(self) -> None:
        """Adds the tokens since the last call, and lets the rate recover."""
        now = self._clock()
        passed = max(now - self._seen, 0.0)
        self._tokens = min(self._burst, self._tokens + passed * self._full_rate * self._share)
        self._share = min(1.0, self._share + passed * RECOVERY_PER_SECOND)
        self._seen = now
