"""Whether two people stand behind an act: the one rule, wherever an act needs a second person.

A person is one human, and one entry of the people file. An account that is no entry (a role that many can assume, the
worker's own host) can be anybody's, also that of somebody with an entry: it is never one of two. Where such an account
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

    The bot is no human: what it did first, nobody did.
    """
    needed = 1 if all(listed(name) or name == BOT.name for name in first) else 2
    others = {name for name in after if listed(name) and name not in first}
    return max(needed - len(others), 0)


def others_words(count: int) -> str:
    """So many people besides who has acted: ``another person``."""
    return "another person" if count == 1 else "two people of the people file"


def demand_listed(actor: Actor) -> None:
    """For an act that needs two people. Declined for an account that is no entry of the people file."""
    if not listed(actor.name):
        raise Declined(
            f"{actor.name} is not in the people file. The account can be anybody's, and this needs two people: "
            "somebody who is in that file must do it."
        )


def demand_other(actor: Actor, involved: Collection[str], *, did: str) -> None:
    """For a second person: an entry of the people file, and none of `involved`, who `did` it."""
    demand_listed(actor)
    if actor.name in involved:
        raise Declined(f"{actor.name} {did}, so cannot be its second person.")
