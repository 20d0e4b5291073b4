"""What can be asked of roles."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import Role
from bot.incident.stored import stored
from bot.model.fields import Person, Words


@stored("hand-over", text="note")
@dataclass(frozen=True)
class HandOver:
    """Offers a role to `to`, a name of the people file: it changes hands once they accept. `note` may be empty."""

    role: Role
    to: Person
    note: Words = ""


@stored("accept-role")
@dataclass(frozen=True)
class AcceptRole:
    """By the one to whom it was offered."""

    role: Role


@stored("decline-role", text="reason")
@dataclass(frozen=True)
class DeclineRole:
    """By the one to whom it was offered, or by whoever offered it, who then keeps it."""

    role: Role
    reason: Words


@stored("take-role", text="reason")
@dataclass(frozen=True)
class TakeRole:
    """Without being asked: `reason` is needed where somebody else has the role."""

    role: Role
    reason: Words


TeamCommand = HandOver | AcceptRole | DeclineRole | TakeRole
