"""The declaration: what leaked, how it was noticed, and how each secret is to be ended.

Whatever is chosen redraws the form with a proposal for each secret; a proposal that changes comes as a new field, since
Slack keeps what stands in a field whose block_id stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block, ExternalDataMultiSelectElement, Option, StaticSelectElement

from bot.incident.model import Strategy
from bot.incident.overlap.strategy import Proposed
from bot.phrases.marks import literal
from bot.phrases.states import STRATEGIES
from bot.playbook.catalog import Catalog, CatalogEntry
from bot.response import Declaration, SecretChoice
from bot.slack.actions import ActionId
from bot.slack.blocks import Json, context, field, form, option, plain, section
from bot.slack.modals.entered import Entered
from bot.slack.modals.form import text_mistakes
from bot.slack.modals.inputs import at, menu, one_of, some_of, words

FIELDS_FOR_STRATEGIES = 80
"""Of a modal's 100 blocks; secrets beyond get the proposed strategy, and the form says so."""
PUBLIC = "public"
_STRATEGY = "strategy|"
_HOW = (
    "*How to end each old value.* The proposal is chosen; change it if you know better.\n"
    "⚠️ If you may respond to incidents, *kill first begins when you press Declare*, unless it needs a second person."
)

type Propose = Callable[[str, str, bool], Proposed]
"""(secret, environment, public) → what to propose."""


@dataclass(frozen=True)
class Draft:
    """The form as filled in so far."""

    environment: str
    secrets: tuple[str, ...] = ()
    everything: bool = False
    public: bool = True
    notice: str = ""
    noticed: datetime | None = None
    exposed: datetime | None = None
    strategies: tuple[tuple[str, Strategy], ...] = ()


def fresh(catalog: Catalog, now: datetime, notice: str = "") -> Draft:
    """An empty form: production if there is such an environment, noticed now."""
    usual = "production" if "production" in catalog.environments else catalog.environments[0]
    return Draft(usual, notice=notice, noticed=now.replace(second=0, microsecond=0))


def read(entered: Entered, fallback: str) -> Draft:
    """The form's answers; `fallback` is its environment as last drawn."""
    chosen = [(name.partition("|")[0], choice) for name, choice in entered.named(_STRATEGY).items() if choice]
    return Draft(
        environment=entered.choice("environment") or fallback,
        secrets=entered.choices("secrets"),
        everything=bool(entered.choices("everything")),
        public=entered.choice("public") == PUBLIC,
        notice=entered.text("notice"),
        noticed=entered.time("noticed"),
        exposed=entered.time("exposed"),
        strategies=tuple((name, Strategy(choice)) for name, choice in chosen),
    )


def named(draft: Draft, catalog: Catalog) -> tuple[CatalogEntry, ...]:
    """The catalog's entries that the draft is about, in the catalog's order. Misuse for an unknown environment."""
    if draft.everything:
        return catalog.everything(draft.environment, draft.secrets)
    return tuple(e for e in catalog.all(draft.environment) if e.name in draft.secrets)


def declaration_form(draft: Draft, catalog: Catalog, propose: Propose) -> Json:
    """The modal as JSON, with a field for the strategy of each secret that has been chosen."""
    environments = [option(name, name) for name in catalog.environments]
    blocks: list[Block] = [
        section("🚫 *Never paste the value itself*, not even a part. Name the secret; the bot finds the value."),
        field(
            "environment",
            "Environment",
            StaticSelectElement(
                action_id="environment",
                **menu(environments),
                initial_option=next(each for each in environments if each.value == draft.environment),
            ),
            tell=True,
        ),
        field(
            "secrets",
            "Which secrets leaked?",
            ExternalDataMultiSelectElement(
                action_id="secrets", min_query_length=0, placeholder=plain("Name, provider or variable", 150)
            ),
            optional=True,
            tell=True,
        ),
        some_of(
            "everything",
            "Select all",
            [option("everything", "Everything in this environment", "Entire .env or laptop exposed")],
            optional=True,
            tell=True,
        ),
        *_left_alone(draft, catalog),
        words("notice", "How was it noticed?", initial=draft.notice, hint="Who saw what, where. Never the value."),
        one_of(
            "public",
            "Publicly exposed?",
            [option(PUBLIC, "Yes, or I cannot tell"), option("private", "No, only people we trust")],
            initial=PUBLIC if draft.public else "private",
            tell=True,
        ),
        at("noticed", "Noticed at", initial=draft.noticed),
        at("exposed", "Exposed since, if known"),
    ]
    return form(
        ActionId.DECLARE,
        "Declare a compromise",
        [*blocks, *_strategies(draft, catalog, propose)],
        submit="Declare",
        note=draft.environment,
    )


def _left_alone(draft: Draft, catalog: Catalog) -> list[Block]:
    """What “everything” leaves out: whoever wants it too chooses it above."""
    left = catalog.left_alone(draft.environment, draft.secrets) if draft.everything else ()
    said = [f"{literal(catalog.left_alone_words(entry))}." for entry in left]
    return [context(*said, "To replace it too, choose it above.")] if said else []


def _strategies(draft: Draft, catalog: Catalog, propose: Propose) -> list[Block]:
    entries = named(draft, catalog)
    if not entries:
        return []
    blocks: list[Block] = [section(_HOW)]
    blocks += [_strategy(entry, propose(entry.name, draft.environment, draft.public)) for entry in entries][
        :FIELDS_FOR_STRATEGIES
    ]
    left = len(entries) - FIELDS_FOR_STRATEGIES
    return [*blocks, context(f"{left} more get what is proposed for them.")] if left > 0 else blocks


def _strategy(entry: CatalogEntry, proposed: Proposed) -> Block:
    options = [
        option(Strategy.KILL_FIRST, STRATEGIES[Strategy.KILL_FIRST].capitalize(), "End the old value at once"),
        option(Strategy.OVERLAP, STRATEGIES[Strategy.OVERLAP].capitalize(), "New value first, then end the old one"),
    ]
    name = f"{_STRATEGY}{entry.name}|{proposed.strategy}|{entry.environment}"
    return one_of(name, entry.title, options, initial=proposed.strategy, hint=proposed.reason)


def mistakes(draft: Draft, entered: Entered, catalog: Catalog, now: datetime) -> dict[str, str]:
    """A sentence for each field that keeps the form from being declared."""
    found = text_mistakes(entered, ("notice",))
    known = {entry.name for entry in catalog.all(draft.environment)}
    strange = [name for name in draft.secrets if name not in known]
    if strange:
        found["secrets"] = f"{draft.environment} has no {', '.join(strange)}. Choose again."
    elif not draft.secrets and not draft.everything:
        found["secrets"] = "Choose at least one secret, or everything in this environment."
    if draft.noticed is not None and draft.noticed > now:
        found["noticed"] = "This is in the future."
    if draft.exposed is not None and draft.exposed > (draft.noticed or now):
        found["exposed"] = "It cannot have been readable only after it was noticed."
    return found


def declaration(draft: Draft, catalog: Catalog) -> Declaration:
    """What the form asks for. A secret without a choice of its own gets the proposed strategy."""
    chosen = dict(draft.strategies)
    choices = tuple(SecretChoice(entry.name, chosen.get(entry.name)) for entry in named(draft, catalog))
    return Declaration(
        environment=draft.environment,
        secrets=choices,
        notice=draft.notice,
        public=draft.public,
        detected_at=draft.noticed,
        exposed_at=draft.exposed,
    )


def note_on(entry: CatalogEntry) -> str:
    """The small print of a secret in a menu."""
    return f"{entry.name}, public by design" if entry.public_by_design else entry.name


def offered(catalog: Catalog, environment: str, typed: str) -> list[Option]:
    """What the menu of secrets offers for the text typed into it."""
    return [option(entry.name, entry.title, note_on(entry)) for entry in catalog.search(typed, environment)]
