"""What is known of the updates to one audience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.incident.model import By


@dataclass(frozen=True)
class Skipped:
    by: By
    number: int
    reason: str


@dataclass(frozen=True)
class Draft:
    """The newest text. `released_at`: since when it may go out; None: the commander is to look at it first."""

    number: int
    milestone: str
    text: str
    drafted_at: datetime
    released_at: datetime | None = None
    skipped: Skipped | None = None

    @property
    def waits(self) -> bool:
        """Whether the commander is to look at it: it neither goes out nor was skipped."""
        return self.released_at is None and self.skipped is None


@dataclass(frozen=True)
class UpdateState:
    """`told` says since when each milestone stood that was told; `sent` by target which number was sent last, and
    `missing` why a target cannot be told.
    """

    draft: Draft | None = None
    told: Mapping[str, datetime] = field(default_factory=dict)
    sent: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    sent_at: datetime | None = None
    skipped: Skipped | None = None
    """The last one that a person decided not to send."""
