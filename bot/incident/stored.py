"""The names under which the log, the inbox and proofs hold events and commands, each beside its class.

A class may be renamed and moved; its stored name is permanent. `tests/incident/events.txt` and `commands.txt` pin them.
"""

from __future__ import annotations

from typing import Any, ClassVar, get_args

from msgspec import StructMeta

from bot.model.frozen import Frozen

_NAMES: dict[type, str] = {}
_TEXTS: dict[type, str] = {}
_WORDS: dict[type, str] = {}


class _Naming(StructMeta):
    def __new__(cls, *made_of: Any, stored: str = "", text: str = "", word: str = "", **options: Any) -> type:
        made: type = super().__new__(cls, *made_of, **options)
        if stored:
            _NAMES[made], _TEXTS[made], _WORDS[made] = stored, text, word
        return made


class Stored(Frozen, metaclass=_Naming):
    """`stored` is the name under which a class below it is held, none for what others share; `text` the field of a
    command that its giver writes: a reason or a note; `word` the outcome that it is.
    """


class Fact(Stored, kw_only=True):
    """An entry of a log. `v` is the version of the kind's own shape, `said` its words behind its actor, with its own
    fields, where no other words are needed.
    """

    said: ClassVar[str] = ""

    v: int = 1


def stored_name(kind: type) -> str:
    """The name that the class gives. KeyError where it gives none."""
    return _NAMES[kind]


def text_of(kind: type) -> str:
    """The field that its author writes; empty if there is none."""
    return _TEXTS[kind]


def word_of(kind: type) -> str:
    """The outcome that the class is; empty where a field has it."""
    return _WORDS[kind]


def members(union: object) -> tuple[type, ...]:
    """The classes of ``A | B``, or the one class."""
    return (union,) if isinstance(union, type) else get_args(union)


def by_kind[T](*rows: tuple[object, T]) -> dict[type, T]:
    """What a row gives for its union, for each class of that."""
    return {kind: value for union, value in rows for kind in members(union)}


def by_name(union: object) -> dict[str, type]:
    """The classes of a union by their stored names. ValueError for one name above two of them."""
    named = {_NAMES[kind]: kind for kind in members(union)}
    if len(named) < len(members(union)):
        raise ValueError("two classes are stored under one name")
    return named
