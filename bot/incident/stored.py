"""The names under which the log, the inbox and proofs hold events and commands, each beside its class.

A class may be renamed and moved; its name stays for ever. `tests/incident/events.txt` and `commands.txt` pin them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

_NAMES: dict[type, str] = {}
_TEXTS: dict[type, str] = {}


def stored[T](name: str, *, text: str = "") -> Callable[[type[T]], type[T]]:
    """Above a class: it is held under this name. `text` is the field of a command that its giver writes: a reason or a
    note.
    """

    def named(kind: type[T]) -> type[T]:
        _NAMES[kind], _TEXTS[kind] = name, text
        return kind

    return named


def stored_name(kind: type) -> str:
    """The name that stands above the class. KeyError where none does."""
    return _NAMES[kind]


def text_of(kind: type) -> str:
    """The field that its giver writes; empty where there is none."""
    return _TEXTS[kind]


def members(union: object) -> tuple[type, ...]:
    """The classes of ``A | B``, or the one class."""
    return (union,) if isinstance(union, type) else get_args(union)


def by_name(union: object) -> dict[str, type]:
    """The classes of a union by their stored names. ValueError for one name above two of them."""
    named = {_NAMES[kind]: kind for kind in members(union)}
    if len(named) < len(members(union)):
        raise ValueError("two classes are stored under one name")
    return named
