"""Trouble with recording: any thread of the worker notices it, it is reported if it lasts, and withdrawn at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.logs import Logger

TOLD_AFTER = timedelta(seconds=5)
PAUSES = "⏸ Work pauses: nothing can be recorded ({}). It resumes by itself. Do urgent work by hand now."
GOES_ON = "▶ The log can be written again: work continues."

_log = Logger(__name__)


@dataclass
class Trouble:
    """`tell` says a sentence in the channels of the open incidents."""

    clock: Callable[[], datetime]
    tell: Callable[[str], None]
    sentence: str = ""
    """What is wrong; empty if nothing is."""
    _since: datetime | None = None
    _told: bool = False
    """Whether people were informed, and must hear when it is over."""

    def begins(self, sentence: str) -> None:
        """Called by the pool's threads as well."""
        if sentence != self.sentence:
            _log.error("work pauses", error=sentence)
        if not self.sentence:
            self._since = self.clock()
        self.sentence = sentence

    def ends(self) -> None:
        if self.sentence:
            _log.warning("work continues", after=self.sentence)
        self.sentence = ""
        if self._told:
            self._told = False
            self.tell(GOES_ON)

    def tell_what_lasts(self) -> None:
        """People at the card must know that nothing moves; a moment's trouble is not worth a message."""
        lasting = self._since is not None and self.clock() - self._since >= TOLD_AFTER
        if self.sentence and lasting and not self._told:
            self._told = True
            self.tell(PAUSES.format(self.sentence.rstrip(".")))
