"""What `bot/model/consumer_kinds.py`, the list of the kinds of consumers, has to be by the folders beside this file:
`bot.generate` writes it. A kind is a class that declares a `ConsumerKind`.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import bot.model
from bot.classes import declared
from bot.errors import ConfigurationError
from bot.model.consumers import ConsumerKind

HERE = Path(__file__).parent
LIST = Path(bot.model.__path__[0]) / "consumer_kinds.py"
HEAD = '''"""The kinds of consumers by the catalog's key. Written by `python -m bot.generate`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.model.consumers import ConsumerKind

KINDS: Mapping[str, ConsumerKind] = MappingProxyType(
    {
'''
BETWEEN = """    }
)
CLASSES: Mapping[str, str] = MappingProxyType(
    {
"""
RESERVED = frozenset({"alias", "reads-as", "health"})
"""Keys of the catalog beside a kind's own."""


def listed() -> str:
    """What the list has to be. ConfigurationError for a key that two classes declare, or that is taken already."""
    found: dict[str, tuple[ConsumerKind, str]] = {}
    for folder in sorted(path.parent for path in HERE.glob("*/__init__.py")):
        for kind, place in declared(str(__package__), folder, "kind", ConsumerKind):
            if kind.key in found or kind.key in RESERVED:
                raise ConfigurationError(f"{place}: the key {kind.key} is taken; expected one of its own")
            found[kind.key] = (kind, place)
    kinds = "".join(_row(kind) for _, (kind, _) in sorted(found.items()))
    places = "".join(f'        "{key}": "{place}",\n' for key, (_, place) in sorted(found.items()))
    return f"{HEAD}{kinds}{BETWEEN}{places}    }}\n)\n"


def _row(kind: ConsumerKind) -> str:
    given = [(each.name, getattr(kind, each.name)) for each in fields(kind) if getattr(kind, each.name) != each.default]
    lines = "".join(f"            {name}={_literal(value)},\n" for name, value in given)
    return f'        "{kind.key}": ConsumerKind(\n{lines}        ),\n'


def _literal(value: object) -> str:
    """As the formatter has it."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' if len(value) == 1 else ''})"
    return json.dumps(value, ensure_ascii=False)
