"""The declaration: what leaked, how it was noticed, and what will happen; strategies and times are behind a button.

Each choice draws the form again with its consequences. A changed proposal is a new field, since Slack keeps the
contents of a field whose block_id stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from slack_sdk.models.blocks import Block, ExternalDataMultiSelectElement, Option, StaticSelectElement

from bot.asks.ask import text_mistakes
from bot.asks.declaration import MORE
from bot.catalog.catalog import Catalog, CatalogEntry
from bot.errors import Misuse
from bot.inbox import SecretChoice
from bot.incident import bounds
from bot.incident.declaration.consequences import Foreseen
from bot.incident.model import Strategy
from bot.incident.overlap.strategy import Proposed
from bot.incident.refusals import Declined
from bot.incident.state import Incident
from bot.incident.told import TEXTS
from bot.phrases.consequences import submit_words
from bot.phrases.marks import literal
from bot.phrases.times import counted
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import Json, button, context, field, form, maybe, option, plain, row, section
from bot.slack.modals.asked import drawn
from bot.slack.modals.draft import PUBLIC, STRATEGY, Draft, named
from bot.slack.modals.foreseen import by_effect, by_secret
from bot.slack.modals.inputs import Entered, how_noticed, menu, one_of, some_of

FIELDS_FOR_STRATEGIES = 80
"""Of a modal's 100 blocks; secrets beyond get the proposed strategy, and the form says so."""
TITLE = "Declare a compromise"
_HOW = "*How to revoke each old key.* The proposal is chosen; change it if you know better."

type Propose = Callable[[str, str, bool], Proposed]
"""(secret, environment, public) → what to propose."""


def declaration_form(
    draft: Draft, catalog: Catalog, propose: Propose, foreseen: Foreseen, overlap: float, beside: str = ""
) -> Json:
    """The modal as JSON. `overlap` is how long both values live in one, in seconds; `beside` says what is open there
    already, empty where nothing is.
    """
    return form(
        ActionId.DECLARE,
        TITLE,
        [
            *_what(draft, catalog),
            *maybe(beside),
            *(by_effect(foreseen) if draft.everything else by_secret(foreseen, overlap)),
            how_noticed(draft.how_noticed),
            publicly(public=draft.public, tell=True),
            *_folded(draft, catalog, propose),
        ],
        submit=submit_words(foreseen),
        note=draft.note,
    )


def publicly(*, public: bool, tell: bool = False) -> Block:
    """Whether strangers could read it; `public` is the first choice. `tell`: a choice redraws the form."""
    options = [option(PUBLIC, "Yes, or unknown"), option("private", "No, only people we trust")]
    return one_of("public", "Publicly exposed?", options, initial=PUBLIC if public else "private", tell=tell)


def _what(draft: Draft, catalog: Catalog) -> Iterator[Block]:
    environments = [option(name, name) for name in catalog.environments]
    yield section("🚫 *Never paste a key*, not even a part.")
    yield field(
        "environment",
        "Environment",
        StaticSelectElement(
            action_id="environment",
            **menu(environments),
            initial_option=next(each for each in environments if each.value == draft.environment),
        ),
        tell=True,
    )
    yield field(
        "secrets",
        "What leaked?",
        ExternalDataMultiSelectElement(
            action_id="secrets", min_query_length=0, placeholder=plain("Name, provider or variable", 150)
        ),
        optional=True,
        tell=True,
    )
    yield some_of(
        "everything",
        "Or select all",
        [_everything(draft, catalog)],
        optional=True,
        tell=True,
    )
    yield from _left_alone(draft, catalog)


def _everything(draft: Draft, catalog: Catalog) -> Option:
    """With how many keys; where the menu above has more, also why."""
    keys, left = len(catalog.everything(draft.environment)), len(catalog.left_alone(draft.environment))
    count = f"{keys} of {keys + left} keys" if left else counted(keys, "key")
    but = f"Without {left} public by design" if left else ""
    return option("everything", f"Everything here ({count})", but)


def _left_alone(draft: Draft, catalog: Catalog) -> list[Block]:
    """What “everything” leaves out, to be chosen above if wanted."""
    left = catalog.left_alone(draft.environment, draft.secrets) if draft.everything else ()
    said = [f"{literal(catalog.left_alone_words(entry))}." for entry in left]
    return [context(*said, "To replace it too, choose it above.")] if said else []


def _folded(draft: Draft, catalog: Catalog, propose: Propose) -> list[Block]:
    """What few need to change: shown once it was asked for."""
    if not draft.unfolded:
        return row(button("Change strategy, times…", ActionId.DECLARE_CHANGE, ButtonValue("")))
    more = [block for each in MORE for block in drawn(each, getattr(draft, each.name))]
    return [*_strategies(draft, catalog, propose), *more]


def _strategies(draft: Draft, catalog: Catalog, propose: Propose) -> list[Block]:
    entries = named(draft, catalog)
    if not entries:
        return [section("Choose secrets above to see their strategy here.")]
    shown = [_strategy(e, propose(e.name, draft.environment, draft.public)) for e in entries[:FIELDS_FOR_STRATEGIES]]
    left = len(entries) - FIELDS_FOR_STRATEGIES
    more = [context(f"{left} more get the proposed strategy.")] if left > 0 else []
    return [section(_HOW), *shown, *more]


def _strategy(entry: CatalogEntry, proposed: Proposed) -> Block:
    options = [
        option(Strategy.KILL_FIRST, Strategy.KILL_FIRST.words.capitalize(), "Revoke the old key at once"),
        option(Strategy.OVERLAP, Strategy.OVERLAP.words.capitalize(), "New key first, then revoke the old one"),
    ]
    name = f"{STRATEGY}{entry.name}|{proposed.strategy}|{entry.environment}"
    offered = [each for each in options if not proposed.only or each.value == proposed.strategy]
    return one_of(name, entry.title, offered, initial=proposed.strategy, hint=proposed.reason, tell=True)


def mistakes(draft: Draft, entered: Entered, catalog: Catalog, now: datetime) -> dict[str, str]:
    """A sentence for each field that keeps the form from being declared. Those of times have a field only where the
    form is unfolded, and what was typed there before it was folded counts for nothing.
    """
    found = text_mistakes(entered, TEXTS)
    known = {entry.name for entry in catalog.all(draft.environment)}
    strange = [name for name in draft.secrets if name not in known]
    if strange:
        found["secrets"] = f"{draft.environment} has no {', '.join(strange)}. Choose again."
    elif not draft.secrets and not draft.everything:
        found["secrets"] = "Choose at least one secret, or everything in this environment."
    noticed = draft.detected_at or now
    with _told(found, "detected_at"):
        bounds.past(noticed, now, "Noticed at")
    with _told(found, "exposed_at"):
        if draft.exposed_at is not None:
            bounds.exposed(draft.exposed_at, noticed, now)
    return found


@contextmanager
def _told(found: dict[str, str], field: str) -> Iterator[None]:
    try:
        yield
    except Declined as declined:
        found[field] = str(declined)


def note_on(entry: CatalogEntry) -> str:
    """The small print of a secret in a menu."""
    return f"{entry.name}, public by design" if entry.public_by_design else entry.name


def offered(catalog: Catalog, environment: str, typed: str) -> list[Option]:
    """What the menu of secrets offers for the text typed into it, which can be the name of a vendor that holds them."""
    return [option(entry.name, entry.title, note_on(entry)) for entry in catalog.search(typed, environment)]


# The form that adds a secret to an open incident: other secrets from the same place leaked too.


PROPOSED = "proposed"


def add_secret_form(incident: Incident, pressed: ButtonValue, catalog: Catalog) -> Json:
    """Misuse if the incident has all secrets of its environment already."""
    left = [entry for entry in catalog.all(incident.environment) if entry.name not in incident.secrets]
    if not left:
        raise Misuse(f"{incident.id} already has every secret of {incident.environment}.")
    strategies = [
        option(PROPOSED, "As proposed", "Weighs harm against outage"),
        *(option(strategy, strategy.words.capitalize()) for strategy in Strategy),
    ]
    return form(
        ActionId.ADD_SECRET,
        "Add a secret",
        [
            one_of("secret", "Secret", [option(entry.name, entry.title, note_on(entry)) for entry in left]),
            one_of("strategy", "Strategy", strategies, initial=PROPOSED),
        ],
        submit="Add",
        note=pressed.encode(),
    )


def added(entered: Entered) -> SecretChoice:
    chosen = entered.choice("strategy")
    return SecretChoice(entered.choice("secret"), None if chosen in {"", PROPOSED} else Strategy(chosen))
