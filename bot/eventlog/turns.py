"""Whose turn it is at the log: what a person asked for goes before what the machine has to say.

While incidents are worked on, dozens of operations queue up to append. A person's command that waited behind them all
would be decided seconds later.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

_here = threading.local()


@contextmanager
def going_first() -> Iterator[None]:
    """Inside the block this thread goes before all waiting threads outside such a block."""
    before = getattr(_here, "first", False)
    _here.first = True
    try:
        yield
    finally:
        _here.first = before


class Turns:
    """A lock, for use with `with`, that prefers threads in `going_first`. It never takes the lock from its holder."""

    def __init__(self) -> None:
        mutex = threading.Lock()
        self._first, self._others = threading.Condition(mutex), threading.Condition(mutex)
        self._taken = False
        self._waiting_first = 0

    def __enter__(self) -> None:
        with self._first:
            if getattr(_here, "first", False):
                self._waiting_first += 1
                try:
                    self._first.wait_for(lambda: not self._taken)
                finally:
                    self._waiting_first -= 1
            else:
                self._others.wait_for(lambda: not self._taken and not self._waiting_first)
            self._taken = True

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        with self._first:
            self._taken = False
            (self._first if self._waiting_first else self._others).notify()
