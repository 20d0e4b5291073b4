"""An offer: a possible command, who may give it, and why it cannot be given yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

from bot.incident.commands import Act
from bot.incident.model import Actor, Right
from bot.incident.two_people import listed


class Urgency(IntEnum):
    """How much an offer is urged on people; the most urgent first."""

    NEEDED = 0
    """Something waits until a person does this, or another needed thing about the same subject."""
    SENSIBLE = 1
    """It makes sense now: it has a button, and a line on the list of to-dos."""
    POSSIBLE = 2
    """It would be accepted. Faces have it where people look for it, and do not propose it."""


NEEDED, SENSIBLE, POSSIBLE = Urgency


@dataclass(frozen=True)
class Who:
    """One way to be entitled: all of `rights`, and not in `excluded`. `human`: an entry of the people file, since the
    person behind an account without one is unknown. `only`: exactly these people, if any are named.
    """

    rights: frozenset[Right] = frozenset()
    excluded: frozenset[str] = frozenset()
    human: bool = False
    only: frozenset[str] = frozenset()

    def fits(self, actor: Actor) -> bool:
        known = not self.human or listed(actor.name)
        return known and not self.bars(actor.name) and self.rights <= actor.rights

    def bars(self, name: str) -> bool:
        """Whether the person of this name is excluded, regardless of rights."""
        return name in self.excluded or bool(self.only and name not in self.only)

    @property
    def words(self) -> str:
        """``anyone with approve, but not anna``."""
        if self.only:
            return " or ".join(sorted(self.only))
        rights = " and ".join(sorted(self.rights))
        whom = f"anyone with {rights}" if rights else "anyone"
        return f"{whom} except {' or '.join(sorted(self.excluded))}" if self.excluded else whom


ANYBODY = (Who(),)
RESPONDER = (Who(frozenset({Right.RESPOND})),)
APPROVER = (Who(frozenset({Right.APPROVE})),)
COMMANDER = (Who(frozenset({Right.COMMAND})),)
COUNSEL = (Who(frozenset({Right.COUNSEL})),)
HUMAN_RESPONDER = (Who(frozenset({Right.RESPOND}), human=True),)


@dataclass(frozen=True)
class Offer:
    """A command that can be given, or could be without `blocked`: the sentence that says why not yet.

    `command` is ready to be given, with every text left empty that its author has to write; None if more than texts is
    missing, as the entry of the catalog to add. `subject` is the secret, lane, step, task or number that it is about;
    empty for the incident as a whole. `reason` is a phrase: its use now.
    """

    kind: type[Act]
    command: Act | None
    subject: str
    reason: str
    who: tuple[Who, ...]
    urgency: Urgency = Urgency.POSSIBLE
    secret: str = ""
    """The secret that it is about; empty for the incident as a whole."""
    refusal: Callable[[], str] | None = field(default=None, repr=False, compare=False)
    """Rehearses it: `blocked` asks, once, and only if someone wants to know."""

    @cached_property
    def blocked(self) -> str:
        """Why no one can give it now, in the words of the rules; empty if someone can."""
        return self.refusal() if self.refusal is not None else ""

    @property
    def whom(self) -> str:
        """Who may give it, in words."""
        return ", or ".join(who.words for who in self.who)


def may(actor: Actor, offer: Offer) -> bool:
    """Whether the offer is for this actor, blocked or not."""
    return any(who.fits(actor) for who in offer.who)


def barred(name: str, offer: Offer) -> bool:
    """Whether the offer is for others than the person of this name, regardless of rights."""
    return all(who.bars(name) for who in offer.who)
