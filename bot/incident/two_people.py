"""The rule for every act that needs a second person.

A person is one human, and one entry of the people file. An account without an entry (a role that many can assume, the
worker's own host) can be anyone's, also that of a person with an entry: it is never one of two. If such an account
acted first, two entries must act after it.
"""

from __future__ import annotations

from collections.abc import Collection

from bot.incident.model import BOT, OPERATOR, Actor
from bot.incident.refusals import Declined


def listed(name: str) -> bool:
    """Whether this is an entry of the people file, as far as a name tells: accounts have colons in theirs."""
    return ":" not in name and name not in {BOT.name, OPERATOR}


def lacking(first: Collection[str], after: Collection[str]) -> int:
    """How many more people must act after `first`, whose act needs a second person; `after` have acted since.

    The bot is no person: its act counts for none.
    """
    needed = 1 if all(listed(name) or name == BOT.name for name in first) else 2
    others = {name for name in after if listed(name) and name not in first}
    return max(needed - len(others), 0)


def others_words(count: int) -> str:
    """The number of people needed besides the first: ``another person``."""
    return "another person" if count == 1 else "two people in the people file"


def demand_listed(actor: Actor) -> None:
    """For an act that needs two people. Declined for an account that is no entry of the people file."""
    if not listed(actor.name):
        raise Declined(
            f"{actor.name} is not in the people file, so the account could be anyone's. This needs two people: "
            "someone in that file must do it."
        )


def demand_other(actor: Actor, involved: Collection[str], *, did: str) -> None:
    """For a second person: an entry of the people file, and none of `involved`, who `did` it."""
    demand_listed(actor)
    if actor.name in involved:
        raise Declined(f"{actor.name} {did} and cannot be the second person.")
