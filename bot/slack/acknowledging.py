"""What a listener does once it has acknowledged waits for its turn, so that the next request is acknowledged at once.

Slack waits three seconds for an acknowledgement, and people for what follows. Were all that has been acknowledged
worked off at the same time, a busy moment would have each acknowledgement wait for all of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from slack_bolt import Ack, BoltContext, BoltResponse

from bot.turns import Turns

LISTENERS = 256
"""Threads: those that wait for their turn cost nothing."""
AT_WORK = 3
"""Listeners that go on beyond their acknowledgement at the same time, without those that only wait for an answer of the
inbox's or Slack's: `bot.turns.aside`.
"""


class Listeners(ThreadPoolExecutor):
    """Runs listeners, each in a thread of its own."""

    def __init__(self) -> None:
        super().__init__(LISTENERS, thread_name_prefix="slack")
        self._turns = Turns(AT_WORK)
        self._here = threading.local()

    def submit[T](self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        return super().submit(self._run, fn, *args, **kwargs)

    def _run[T](self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        self._here.waits = True
        try:
            return fn(*args, **kwargs)
        finally:
            self._turns.give_back()

    def await_turn(self) -> None:
        """Called by a listener that has acknowledged, once or more often."""
        if getattr(self._here, "waits", False):
            self._here.waits = False
            self._turns.take()

    def take_turns(self, context: BoltContext, next: Callable[[], None]) -> None:  # noqa: A002 - Bolt's name for it
        """A middleware of Bolt's: the listener that follows gets an acknowledgement after which it waits."""
        context["ack"] = _TurnTaking(self)
        next()


class _TurnTaking(Ack):
    def __init__(self, listeners: Listeners) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        self._listeners = listeners

    def __call__(self, *args: Any, **kwargs: Any) -> BoltResponse:
        response = super().__call__(*args, **kwargs)
        self._listeners.await_turn()
        return response
