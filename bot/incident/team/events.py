"""What can have happened to roles."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import Role
from bot.incident.stored import stored


@stored("role-offered")
@dataclass(frozen=True)
class RoleOffered:
    role: Role
    to: str
    note: str = ""
    v: int = 1


@stored("role-accepted")
@dataclass(frozen=True)
class RoleAccepted:
    """By whoever has it from now on; `before` is who had it, empty: nobody."""

    role: Role
    before: str = ""
    v: int = 1


@stored("role-declined")
@dataclass(frozen=True)
class RoleDeclined:
    """`by_giver`: whoever offered it has taken the offer back."""

    role: Role
    reason: str
    by_giver: bool = False
    v: int = 1


@stored("role-taken")
@dataclass(frozen=True)
class RoleTaken:
    """By whoever has it from now on, without an offer."""

    role: Role
    reason: str
    before: str = ""
    v: int = 1


TeamByPerson = RoleOffered | RoleAccepted | RoleDeclined | RoleTaken
TeamEvent = TeamByPerson
