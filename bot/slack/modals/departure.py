"""Somebody leaves: who, why, and what follows from that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import Block

from bot.catalog.catalog import Catalog
from bot.catalog.departures import Departure, plan
from bot.people import People
from bot.phrases.marks import code, literal, shorten
from bot.slack.actions import ActionId
from bot.slack.blocks import Json, form, option, section
from bot.slack.modals.inputs import one_of, words

TITLE = "Somebody leaves"
_LINE = 2500


def departures(catalog: Catalog, name: str) -> tuple[Departure, ...]:
    """What is planned in each environment by the catalog alone: the worker finds out what they read and can read."""
    return tuple(plan(catalog, name, environment) for environment in catalog.environments)


def departure_form(people: People, catalog: Catalog, name: str) -> Json:
    """Whoever was named is chosen already; empty for nobody."""
    options = [option(each.name, each.name) for each in people]
    known = any(each.value == name for each in options)
    return form(
        ActionId.DEPARTURE,
        TITLE,
        [
            section(
                "*At once*: their word counts for nothing, and their pending consents are void. What they knew is "
                "rotated once a second person agrees. Nobody is paged."
            ),
            one_of("who", "Who leaves?", options, initial=name),
            words("reason", "Why, and when?", hint="The report quotes it."),
            *(_planned(departures(catalog, name)) if known else ()),
            section(
                "What they read and can read the worker asks CloudTrail and IAM: it becomes an open item of the run, "
                f"unless it is planned anyway. The whole plan beforehand: {code('bot departure NAME --dry-run')}."
            ),
        ],
        submit="They leave",
    )


def _planned(found: Sequence[Departure]) -> Iterator[Block]:
    for each in found:
        lines = [f"{code(one.name)}: {literal(one.words)}" for one in each.planned]
        if lines:
            yield section(f"*{literal(each.environment)}*, in this order:", shorten("\n".join(lines), _LINE))


def person_meant(people: People, typed: str) -> str:
    """The entry that ``@ben`` or ``<@U0BEN|ben>`` means; empty for nobody that the people file knows."""
    user, _, shown = typed.strip("<>").removeprefix("@").partition("|")
    for each in people:
        if each.slack == user or each.name.casefold() in {user.casefold(), shown.casefold()}:
            return each.name
    return ""
