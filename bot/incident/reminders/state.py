"""What is known of a reminder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Reminder:
    """The last one of something that was due at `due`, sent `at`. `number` counts them."""

    due: datetime
    at: datetime
    number: int = 1

    @property
    def early(self) -> bool:
        """Whether it came before that time."""
        return self.at < self.due
