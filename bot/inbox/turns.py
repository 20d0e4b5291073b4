"""Turns at work: a limited number of threads run at the same time, and a thread returns its turn while it only waits.

Python runs one thread at a time. If every thread with work ran at once, one that must answer within milliseconds would
wait for all of them. A thread that waits for a network or a database needs no turn.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_here = threading.local()


class Turns:
    """`most` threads have one at the same time."""

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    def take(self) -> None:
        """Waits for one, unless this thread has one."""
        if _mine() is None:
            self._free.acquire()
            _here.turns = self

    def give_back(self) -> None:
        """Nothing to do for a thread that has none."""
        if _mine() is self:
            _here.turns = None
            self._free.release()


@contextmanager
def aside() -> Iterator[None]:
    """For what only waits: the thread's turn, if it has one, is another's meanwhile."""
    turns = _mine()
    if turns is None:
        yield
        return
    turns.give_back()
    try:
        yield
    finally:
        turns.take()


def _mine() -> Turns | None:
    found: Turns | None = getattr(_here, "turns", None)
    return found
