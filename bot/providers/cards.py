"""A provider's card.yaml, read and checked: names, hosts, and what people click, as lists of steps.

One file for a provider, one entry under `cards` for each of its classes::

    name: acme
    cards:
      - title: Acme
        hosts: { api: https://api.acme.example }
        issue_by_hand:
          - Open https://acme.example/keys and press “New key”.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields, replace
from functools import cache
from pathlib import Path
from typing import get_type_hints

from pydantic import create_model

from bot.documents import Mistakes, Strict, check, read
from bot.errors import ConfigurationError
from bot.model.secrets import any_console
from bot.providers.contract import CONSOLE, Card

FILE = "card.yaml"


def load_card(module: str, kind: str = "") -> Card:
    """The card of this kind in the card.yaml beside `module`, which a class names by its own ``__file__``.

    ConfigurationError names the file, the line and the wrong field, or the missing kind.
    """
    path = Path(module).with_name(FILE)
    for card in read_cards(path):
        if card.kind == kind:
            return card
    raise ConfigurationError(f"{path}: no entry of `cards` has the kind {kind!r}")


@cache
def read_cards(path: Path) -> tuple[Card, ...]:
    """All cards of one file, in its order. ConfigurationError as `load_card`."""
    document, mistakes = read(path), Mistakes(path)
    head = check(document, (), _Head, mistakes)
    mistakes.settle()
    assert head is not None
    name, count = vars(head)["name"], len(vars(head)["cards"])
    found = [check(document, ("cards", number), _Entry, mistakes) for number in range(count)]
    mistakes.settle()
    cards = tuple(_with_consoles(Card(name=name, **vars(entry))) for entry in found if entry is not None)
    kinds = [card.kind for card in cards]
    if len(set(kinds)) < len(kinds):
        raise ConfigurationError(f"{path}: two entries of `cards` have the same kind")
    return cards


def _with_consoles(card: Card) -> Card:
    """Its steps and its checklist name all of its consoles: which one a key is in, its hint tells once it is known."""
    if not card.consoles:
        return card
    every = any_console(card.consoles)
    issue, revoke = (
        tuple(step.replace(CONSOLE, every) for step in steps) for steps in (card.issue_by_hand, card.revoke_by_hand)
    )
    checklist = {item: sentence.replace(CONSOLE, every) for item, sentence in card.checklist.items()}
    return replace(card, issue_by_hand=issue, revoke_by_hand=revoke, checklist=checklist)


def numbered(steps: Sequence[str]) -> str:
    """Steps as text, a numbered line each."""
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def _entry() -> type[Strict]:
    """The allowed contents of an entry of `cards`: the fields of `Card` without the name, which is
    given once for all.
    """
    hints = get_type_hints(Card)
    known: dict[str, object] = {}
    for each in fields(Card):
        default = {} if each.default_factory is not MISSING else ... if each.default is MISSING else each.default
        known[each.name] = (hints[each.name], default)
    del known["name"]
    made: type[Strict] = create_model("Entry", __base__=Strict, **known)  # type: ignore[call-overload]
    return made


_Entry = _entry()


class _Head(Strict):
    name: str
    cards: tuple[dict[str, object], ...]
