"""The consequences of a declaration, shown before it: phrases (`bot.phrases.marks`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import assert_never

from bot.incident.declaration.consequences import Consequence, Ending, Foreseen
from bot.incident.state import Incident
from bot.model.secrets import Outage
from bot.phrases.marks import channel, code, literal
from bot.phrases.times import at_most, counted, listed, span

HEADING = "If you declare"
UNTOLD = "What happens when you declare is unknown right now"
LINES = 8
"""The most secrets with a line each; more are grouped by their effect."""
NAMED = 12
"""The most secrets named for one effect; more are counted."""
_STOPS = {
    Outage.NONE: "Nothing stops",
    Outage.DEGRADED: "The product is degraded",
    Outage.DOWN: "The product is down",
}
_EFFECTS = {Outage.DOWN: "Product down", Outage.DEGRADED: "Degraded", Outage.NONE: "Nothing stops"}


def consequence_words(one: Consequence, overlap: float) -> str:
    """One secret's line: how it is revoked, then what stops and for how long. `overlap` is in seconds."""
    return f"*{literal(one.entry.title)}*: {ending_words(one, overlap)}. {literal(effect_words(one))}."


def ending_words(one: Consequence, overlap: float) -> str:
    match one.ending:
        case Ending.NOW:
            return "revoked now"
        case Ending.WITH_NEW:
            made = "a person has brought its new key" if one.seconds is None else "its new key is made"
            return f"revoked once {made}"
        case Ending.APPROVED:
            return "revoked once a second person approves"
        case Ending.DECIDED:
            return "revoked once a responder decides"
        case Ending.OVERLAP:
            return f"replaced first; revoked {span(overlap)} after the new key is in use, once a second person approves"
        case Ending.BY_HAND:
            return "you revoke it at the provider"
        case _:
            assert_never(one.ending)


def effect_words(one: Consequence) -> str:
    """What stops, in the catalog's words, and for how long: plain text without its full stop."""
    if one.ending is Ending.OVERLAP:
        return _STOPS[Outage.NONE]
    said = re.split(r"[;.](?:\s|$)", one.entry.if_killed.strip())[0].strip() or _STOPS[one.outage]
    if said == _STOPS[Outage.NONE]:
        return said
    if one.seconds is None:
        return said if " until " in said else f"{said} until a person makes a new one"
    return f"{said.partition(' until ')[0].rstrip(',')} ({about(one.seconds)})"


def about(seconds: int) -> str:
    """A rough length, never less than it is: ``about 20 s``, ``about 2 min``."""
    rounded = -(-seconds // 10) * 10 if seconds < 60 else -(-seconds // 60) * 60
    return f"about {span(max(rounded, 10))}"


def ending_sum(foreseen: Foreseen) -> str:
    """What happens to how many keys: ``3 keys revoked``, ``4 keys: 3 revoked, 1 for you to revoke``."""
    total = len(foreseen.consequences)
    if foreseen.untold:
        return "unknown before declaring"
    if not total:
        return "No key is revoked"
    became = _numbered(
        (foreseen.ended, "revoked"),
        (foreseen.having(Ending.BY_HAND), "for you to revoke"),
        (foreseen.having(Ending.DECIDED), "for a responder to decide"),
        (foreseen.approvals, "for a second person to approve"),
    )
    return (
        f"{counted(total, 'key')} {became[0].partition(' ')[2]}"
        if len(became) == 1
        else (f"{total} keys: {', '.join(became)}")
    )


def sum_words(foreseen: Foreseen) -> str:
    """The same, then their effect on the product: ``3 keys revoked; 1 stops the product``, ``4 keys: 3 revoked, 1 for
    you to revoke; of the 4, 2 stop the product``.
    """
    total, said = len(foreseen.consequences), ending_sum(foreseen)
    down, degraded = (foreseen.stopping(outage) for outage in (Outage.DOWN, Outage.DEGRADED))
    what = "it" if down else "the product"
    effects = _numbered(
        (down, "stops the product" if len(down) == 1 else "stop the product"),
        (degraded, f"degrades {what}" if len(degraded) == 1 else f"degrade {what}"),
    )
    if foreseen.untold or not effects:
        return said
    if ":" not in said:
        return f"{said}; {', '.join(effects)}"
    every = max(len(down), len(degraded)) == total
    share = f"all {effects[0].partition(' ')[2]}" if every else f"of the {total}, {', '.join(effects)}"
    return f"{said}; {share}"


def _numbered(*groups: tuple[Sequence[Consequence], str]) -> list[str]:
    return [f"{len(these)} {words}" for these, words in groups if these]


def submit_words(foreseen: Foreseen) -> str:
    """The button's label: what it revokes, in the 24 characters that Slack shows."""
    ended = len(foreseen.ended)
    return f"Declare, revoke {counted(ended, 'key')}" if ended else "Declare"


def effect_lines(foreseen: Foreseen) -> Iterator[str]:
    """By effect, the worst first: how many, for how long, and which."""
    for outage in (Outage.DOWN, Outage.DEGRADED, Outage.NONE):
        if these := foreseen.stopping(outage):
            long = how_long(these)
            yield f"*{_EFFECTS[outage]}: {len(these)}*{f', {long}' if long and outage is not Outage.NONE else ''}"
            yield f"    {_named(these)}"


def foreseen_lines(foreseen: Foreseen, overlap: float) -> list[str]:
    """A line for each secret, or for each effect where they are many. `overlap` is in seconds."""
    if len(foreseen.consequences) > LINES:
        return list(effect_lines(foreseen))
    return [consequence_words(one, overlap) for one in foreseen.consequences]


def besides(foreseen: Foreseen) -> tuple[str, ...]:
    """Who has to agree, and what an open incident deals with already; a sentence each, without its full stop."""
    return (*approval_lines(foreseen), *joined_words(foreseen))


def how_long(these: Sequence[Consequence]) -> str:
    """``about 20 s each; stripe-secret-key until a person makes a new one``."""
    machine = [one.seconds for one in these if one.seconds]
    people = [code(one.name) for one in these if one.seconds is None]
    said = [f"{about(max(machine))}{' each' if len(machine) > 1 else ''}"] if machine else []
    if people:
        which = "" if len(people) == len(these) else f"{at_most(people, NAMED)} "
        said.append(f"{which}until a person makes a new one")
    return "; ".join(said)


def approval_lines(foreseen: Foreseen) -> Iterator[str]:
    """Which keys need a second person, and why: the commonest reason first."""
    whys = Counter(one.why for one in foreseen.approvals if one.why)
    for why, count in whys.most_common():
        which = [literal(one.entry.title) for one in foreseen.approvals if one.why == why]
        need = "needs" if count == 1 else "need"
        yield f"{listed(which) if count <= 3 else counted(count, 'key')} {need} a second approver: {why}"


def joined_words(foreseen: Foreseen) -> Iterator[str]:
    """The secrets that an open incident already has."""
    for incident in dict.fromkeys(foreseen.joined.values()):
        names = [code(name) for name, its in foreseen.joined.items() if its == incident]
        yield f"{at_most(names, NAMED)}: {code(incident)} already handles {'it' if len(names) == 1 else 'them'}"


def open_words(incidents: Sequence[Incident], environment: str) -> str:
    """Open incidents in the environment that the same leak may belong to; empty without any."""
    if not incidents:
        return ""
    one = len(incidents) == 1
    number = "1 incident is" if one else f"{len(incidents)} incidents are"
    places = [f"{code(each.id)}{f' ({channel(each.channel)})' if each.channel else ''}" for each in incidents]
    there = "add it there" if one else "add it to that one"
    new = "Declaring here opens another incident, with its own pages and channel"
    return (
        f"⚠️ {number} open in {literal(environment)}: {at_most(places, NAMED)}. If it is the same leak, {there}: "
        f"*Add secret…* on its card. {new}."
    )


def again_words(foreseen: Foreseen) -> str:
    """A second question if everything is declared: what it revokes, and the worst consequence."""
    if foreseen.untold:
        return f"{UNTOLD}."
    ended = len(foreseen.ended)
    ends = f"Revokes {counted(ended, 'key')}" if ended else "No key is revoked at once"
    if waiting := len(foreseen.approvals):
        ends += f"; {waiting}{' more' if ended else ''} need{'s' if waiting == 1 else ''} a second approver"
    worst = foreseen.stopping(Outage.DOWN) or foreseen.stopping(Outage.DEGRADED)
    lasting = [one for one in worst if one.seconds is None] or list(worst)
    return ". ".join([ends, *(literal(effect_words(one)) for one in lasting[:2])]) + "."


def _named(these: Sequence[Consequence]) -> str:
    return at_most([code(one.name) for one in these], NAMED)
