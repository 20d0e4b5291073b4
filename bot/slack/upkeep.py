"""What has to be tried until Slack is there, in a thread of its own: a start, and the worker, never wait for Slack."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import OutsideError, Throttled, Unauthorized
from bot.logs import Logger
from bot.net.limits import LONGEST_PAUSE as LONGEST_ASKED_FOR

_log = Logger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds. A token that Slack refuses is not tried more often than this: only another start brings another one."""


def told(error: OutsideError, token: str) -> str:
    """A sentence on why Slack cannot reach the bot; `token` is the setting that was tried."""
    if isinstance(error, Unauthorized):
        return f"Slack does not accept {token} ({error})"
    return f"Slack is not connected yet ({error})"


@dataclass
class Pauses:
    """Seconds to wait after each attempt: twice as long every time, with jitter, and at least as long as Slack asks,
    within reason.
    """

    spread: Callable[[], float] = random.random
    attempts: int = 0

    def after(self, error: OutsideError | None = None) -> float:
        """The pause after one more attempt, which ended with `error` if it did."""
        doubled = LONGEST_PAUSE if isinstance(error, Unauthorized) else FIRST_PAUSE * 2.0 ** min(self.attempts, 10)
        self.attempts += 1
        pause = min(doubled, LONGEST_PAUSE) * (0.75 + self.spread() / 2)
        if isinstance(error, Throttled) and error.retry_after is not None:
            pause = max(pause, min(error.retry_after, LONGEST_ASKED_FOR))
        return pause

    def forget(self) -> None:
        """Begins again: the trouble has ended."""
        self.attempts = 0


class Upkeep:
    """Calls `look` until it is stopped. `look` gives the seconds until the next call, None when all is done."""

    def __init__(self, name: str, look: Callable[[], float | None]) -> None:
        self._look = look
        self._woken = threading.Event()
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Has it look at once."""
        self._woken.set()

    def stop(self, patience: float) -> None:
        """Ends it, and waits up to `patience` seconds for a call that is under way."""
        self.ended.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(patience)

    def _run(self) -> None:
        while not self.ended.is_set():
            self._woken.clear()
            pause = self._safely()
            if pause is None:
                return
            if not self.ended.is_set():
                self._woken.wait(pause)

    def _safely(self) -> float | None:
        try:
            return self._look()
        except Exception as error:  # noqa: BLE001 - a thread that dies would leave Slack unconnected without a word
            _log.error("keeping the connection to Slack failed", error=type(error).__name__)
            return LONGEST_PAUSE
