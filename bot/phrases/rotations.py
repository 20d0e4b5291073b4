"""What people read of a planned rotation before it begins: phrases (`bot.phrases.marks`)."""

from __future__ import annotations

from bot.incident.routine.foreseen import Rotating
from bot.model.secrets import Outage
from bot.phrases.marks import code, literal
from bot.phrases.times import span

HEADING = "What a rotation does"


def rotating_words(one: Rotating) -> str:
    """One secret's line: who makes the new value, when the old one ends, on whose word, what stops."""
    if one.joined:
        return f"{code(one.name)}: {code(one.joined)} deals with it already"
    owner = f" ({literal(one.owner)})" if one.owner else ""
    made = f"a person{owner} makes the new value by hand" if one.made_by_person else "the new value is made by machine"
    return f"{code(one.name)}: {made}; {literal(_ends(one))}; {literal(stops_words(one))}."


def _ends(one: Rotating) -> str:
    when = (
        f"the old one ends {span(one.overlap)} after the new one is live"
        if one.overlap is not None
        else "the old one ends in the moment in which the new one begins"
    )
    if one.revoked_by_person:
        return f"{when}: {one.consent}"
    return f"{when}, on {one.consent}" if one.agreed else f"{when}, once agreed by {one.consent}"


def stops_words(one: Rotating) -> str:
    """What stops meanwhile: plain text."""
    if one.outage is Outage.NONE:
        return "nothing stops"
    return one.if_killed.rstrip(".") or "the product may stop for a moment"
