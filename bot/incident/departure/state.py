"""What is known of a departure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.incident.model import By, Right
from bot.model.departures import Leaver, Reach


@dataclass(frozen=True)
class Agreement:
    """The word of a second person, with the rights that they had when they gave it."""

    by: By
    rights: frozenset[Right] = frozenset()


@dataclass(frozen=True)
class DepartureState:
    """`covers` has, by their names, the secrets to whose rotation a second person has agreed. `looked_at` is when it
    was last looked up what the leaver can read; `asked` were secrets of this run then.
    """

    leaver: Leaver
    covers: Mapping[str, Agreement] = field(default_factory=dict)
    looked_at: datetime | None = None
    asked: frozenset[str] = frozenset()
    reaches: Mapping[str, Reach] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    grants_known: bool = False

    @property
    def agreed(self) -> By | None:
        """Who agreed last, and when."""
        return max((given.by for given in self.covers.values()), key=lambda by: by.at, default=None)

    @property
    def who(self) -> str:
        """The name under which the leaver holds up a value: their principal's, or their own."""
        return self.leaver.principal or self.leaver.name
