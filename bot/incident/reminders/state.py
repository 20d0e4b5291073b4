"""What is known of a reminder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import By


@dataclass(frozen=True)
class Snooze:
    until: datetime
    by: By


@dataclass(frozen=True)
class Reminder:
    """The last one of something that was due at `due`, sent `at`. `number` counts those messages to whoever owes it;
    `raised_at`: since when the channel knows, None while only they do.
    """

    due: datetime
    at: datetime
    number: int = 1
    raised_at: datetime | None = None
    snoozed: Snooze | None = None

    @property
    def early(self) -> bool:
        """Whether it came before that time."""
        return self.at < self.due
