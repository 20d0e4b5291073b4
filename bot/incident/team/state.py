"""Who has which role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.incident.model import By, Role


@dataclass(frozen=True)
class Offered:
    """A role that somebody (`by`) has offered and nobody has accepted yet."""

    to: str
    by: By
    note: str = ""


@dataclass(frozen=True)
class TeamState:
    """`roles` are those that somebody has, with since when; `offered` those on their way to somebody else."""

    roles: Mapping[Role, By] = field(default_factory=dict)
    offered: Mapping[Role, Offered] = field(default_factory=dict)

    def holder(self, role: Role) -> str:
        """Who has the role; empty if nobody does."""
        by = self.roles.get(role)
        return by.name if by is not None else ""

    @property
    def commander(self) -> str:
        return self.holder(Role.COMMANDER)
