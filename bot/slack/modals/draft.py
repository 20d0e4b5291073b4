"""A declaration in progress: read from a form, carried to the form that asks again, and given."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import msgspec

from bot.asks.declaration import answered
from bot.catalog.catalog import Catalog, CatalogEntry
from bot.decoding import decode
from bot.errors import Misuse
from bot.inbox import Declaration, SecretChoice
from bot.incident.model import Strategy
from bot.incident.told import Told
from bot.model.fields import Words
from bot.model.frozen import fields_of, replace
from bot.slack.modals.inputs import Entered

PUBLIC = "public"
STRATEGY = "strategy|"
NOTE = 3000
"""Characters that a form can carry along unseen (docs.slack.dev, reference/views, private_metadata)."""


class Draft(Told, kw_only=True):
    """The form as filled in so far. `unfolded`: strategies and times are shown."""

    how_noticed: Words = ""
    public: bool = True
    secrets: tuple[str, ...] = ()
    everything: bool = False
    strategies: tuple[tuple[str, Strategy], ...] = ()
    unfolded: bool = False

    @property
    def note(self) -> str:
        """What the form carries along about itself."""
        return json.dumps({"environment": self.environment, "unfolded": self.unfolded})

    def packed(self) -> str:
        """Everything except how it was noticed, which has a field of its own, for the form that asks again. Misuse if
        that is too much for one form.
        """
        document = msgspec.json.encode(replace(self, how_noticed="", unfolded=False))
        text = base64.b64encode(zlib.compress(document, 9)).decode()
        if len(text) > NOTE:
            raise Misuse("Too many choices for one form: declare in two parts, or at a terminal.")
        return text


def environment_of(note: str) -> str:
    """The environment that a form was last drawn for; empty where it carries none."""
    return str(_noted(note).get("environment", ""))


def said_public(entered: Entered) -> bool:
    """What was chosen in `publicly`."""
    return entered.choice("public") == PUBLIC


def read(entered: Entered, note: str) -> Draft:
    """The form's answers; `note` is what it carried along."""
    chosen = [(name.partition("|")[0], choice) for name, choice in entered.named(STRATEGY).items() if choice]
    return Draft(
        environment=entered.choice("environment") or environment_of(note),
        secrets=entered.choices("secrets"),
        everything=bool(entered.choices("everything")),
        public=said_public(entered),
        how_noticed=entered.text("how_noticed"),
        **answered(entered),
        strategies=tuple((name, Strategy(choice)) for name, choice in chosen),
        unfolded=bool(_noted(note).get("unfolded")),
    )


def unpacked(note: str, entered: Entered) -> Draft:
    """What `packed` gave, with how it was noticed as it was typed. Misuse for anything that no form of ours carries."""
    try:
        text = zlib.decompressobj().decompress(base64.b64decode(note, validate=True), 100_000)
        draft = decode(text, Draft)
    except (ValueError, zlib.error, msgspec.DecodeError):
        raise Misuse("This form is from another version of the bot. Declare again.") from None
    return replace(draft, how_noticed=entered.text("how_noticed"))


def named(draft: Draft, catalog: Catalog) -> tuple[CatalogEntry, ...]:
    """The catalog's entries that the draft is about, in the catalog's order. Misuse for an unknown environment."""
    if draft.everything:
        return catalog.everything(draft.environment, draft.secrets)
    return tuple(e for e in catalog.all(draft.environment) if e.name in draft.secrets)


def declaration(draft: Draft, catalog: Catalog) -> Declaration:
    """What the form asks for. A secret without a choice of its own gets the proposed strategy."""
    chosen = dict(draft.strategies)
    choices = tuple(SecretChoice(entry.name, chosen.get(entry.name)) for entry in named(draft, catalog))
    return Declaration(**fields_of(draft, Told), secrets=choices)


def _noted(note: str) -> dict[str, Any]:
    try:
        found = json.loads(note)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
