"""What is known of a departure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.incident.model import By, Right, Strategy
from bot.model.departures import Leaver, Reach


@dataclass(frozen=True)
class Agreement:
    """The word of a second person on how one secret is rotated, with the rights that they had when they gave it. `plan`
    is what they agreed to, `makers` whose plan it was.
    """

    by: By
    rights: frozenset[Right]
    plan: tuple[Strategy, bool]
    makers: frozenset[str]


@dataclass(frozen=True)
class DepartureState:
    """`given` has, by the secret's name, who has agreed to its rotation so far. `looked_at` is when it was last looked
    up what the leaver can read; `asked` were secrets of this run then.
    """

    leaver: Leaver
    given: Mapping[str, tuple[Agreement, ...]] = field(default_factory=dict)
    looked_at: datetime | None = None
    asked: frozenset[str] = frozenset()
    reaches: Mapping[str, Reach] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    grants_known: bool = False

    @property
    def agreed(self) -> By | None:
        """Who agreed last, and when."""
        every = (one.by for given in self.given.values() for one in given)
        return max(every, key=lambda by: by.at, default=None)

    @property
    def who(self) -> str:
        """The name under which the leaver holds up a value: their principal's, or their own."""
        return self.leaver.principal or self.leaver.name
