"""What is known of a departure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.incident.model import By, Right
from bot.model.departures import Leaver, Reach


@dataclass(frozen=True)
class DepartureState:
    """`agreed` is the second person, `covers` what they agreed to. `looked_at` is when it was last looked up what the
    leaver can read; `asked` were secrets of this run then.
    """

    leaver: Leaver
    agreed: By | None = None
    rights: frozenset[Right] = frozenset()
    """Theirs when they agreed."""
    covers: frozenset[str] = frozenset()
    looked_at: datetime | None = None
    asked: frozenset[str] = frozenset()
    reaches: Mapping[str, Reach] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    grants_known: bool = False

    @property
    def who(self) -> str:
        """The name under which the leaver holds up a value: their principal's, or their own."""
        return self.leaver.principal or self.leaver.name
