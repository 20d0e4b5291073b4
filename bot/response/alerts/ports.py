"""Where people read of alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.alerts import Case


class AlertBoard(Protocol):
    """The channel of `BOT_INTAKE_CHANNEL`. Every method raises an OutsideError where Slack does not take it."""

    def look(self, cases: Sequence[Case], now: datetime) -> str:
        """What a message about these cases looks like, as a digest: it is drawn again where that has changed."""
        ...

    def post(self, cases: Sequence[Case], now: datetime) -> str:
        """Posts one message about all of them, or finds the one that a crash left; gives its id, empty where there is
        no channel to post it in.
        """
        ...

    def update(self, message: str, cases: Sequence[Case], now: datetime) -> bool:
        """Draws it again. False where somebody has deleted it, or Slack lets nobody change it any more."""
        ...


class NoAlertBoard:
    """For an installation without a channel for alerts: `bot alerts` has them."""

    def look(self, *_: object) -> str:
        return ""

    def post(self, *_: object) -> str:
        return ""

    def update(self, *_: object) -> bool:
        return True
