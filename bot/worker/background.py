"""A task beside the worker's own loop, in a thread of its own. What it waits for is shown to people.

The last trouble is stored beside the log as one row, so that a front and a terminal can show it.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from bot.errors import BotError
from bot.eventlog import INSTALLATION, Cursor
from bot.eventlog.sql import EventLog
from bot.logs import Logger

SURFACE = "beside"
"""The surface of the row with the last trouble."""

_log = Logger(__name__)


@dataclass
class Looping(ABC):
    """A loop in a thread of its own between `start` and `stop`."""

    THREAD: ClassVar[str]
    """The name of the thread."""
    trouble: str = field(init=False, default="")
    """What keeps it from its work now; empty if nothing does."""
    _stopping: threading.Event = field(init=False, default_factory=threading.Event)
    _thread: threading.Thread | None = field(init=False, default=None)

    @abstractmethod
    def _run(self, leads: Callable[[], bool]) -> None:
        """Goes on until `_stopping` is set."""

    def start(self, leads: Callable[[], bool]) -> None:
        """Begins. `leads` says whether this worker is the leading one."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, args=(leads,), name=self.THREAD, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops after the work in progress."""
        if self._thread is None:
            return
        self._stopping.set()
        if self._thread.ident is not None:  # a worker may end while it begins
            self._thread.join()
        self._thread = None


@dataclass
class Background(Looping):
    """Looks repeatedly; with several workers, only in the leading one. `event_log` is the log beside which the trouble
    is stored, `clock` gives UTC.
    """

    event_log: EventLog
    clock: Callable[[], datetime]
    WHAT: ClassVar[str]
    """What it looks after, as ``planned rotations``."""
    WAITS: ClassVar[str]
    """The text of the process's log while it waits."""
    EVERY: ClassVar[float]
    """Seconds between two looks."""
    waits: str = field(init=False, default="")
    """What was wrong at the end of the last look, as a sentence; empty if nothing was."""
    _kept: str | None = field(init=False, default=None)
    """The last stored row; None before that."""

    @abstractmethod
    def round(self) -> None:
        """One look, with its consequences. Trouble that does not stop it is left in `trouble`."""

    def lasting(self) -> str:
        """What is still wrong although this look went well; empty if nothing is."""
        return ""

    def _run(self, leads: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            self.look(leads)
            self._stopping.wait(self.EVERY)

    def look(self, leads: Callable[[], bool]) -> None:
        """One look, if this worker leads. A failure is reported, and the next look still comes."""
        try:
            if not leads():
                self.waits, self._kept = "", None
                return
            self.trouble = ""
            self.round()
            found = self.trouble or self.lasting()
        except BotError as error:
            found = self.trouble = str(error)
        except Exception as error:  # noqa: BLE001 - a thread's last line: it must not fall silent
            found = self.trouble = f"{self.WHAT} cannot be maintained ({type(error).__name__})"
        self._tell(found)

    def _tell(self, found: str) -> None:
        """Once, however long it lasts; kept as soon as the log can be written."""
        if found and found != self.waits:
            _log.error(self.WAITS, error=found)
        self.waits = found
        if found != self._kept:
            with suppress(BotError):
                self.event_log.cursors.put(Cursor(INSTALLATION, SURFACE, self.THREAD, 0, found, self.clock()))
                self._kept = found


def waiting(event_log: EventLog, threads: tuple[str, ...] = ("schedule", "alerts")) -> Iterator[tuple[str, datetime]]:
    """What kept each part of the worker from its work at its last look, with the time since then
    (UTC). LogUnavailable.
    """
    for thread in threads:
        cursor = event_log.cursors.get(INSTALLATION, SURFACE, thread)
        if cursor is not None and cursor.data:
            yield cursor.data, cursor.updated_at
