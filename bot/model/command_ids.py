"""Ids of commands: those that the machine gives its own can be foretold, and no command of a person's has one."""

from __future__ import annotations

_MACHINE = "bot:"
_PLACE = "+"
"""Between the id and an entry's place, where a command leads to several entries of a log of the whole installation."""


def machine_id(occasion: str) -> str:
    """Of a command of the machine's own: the same occasion leads to the same command, whichever worker sees it."""
    return f"{_MACHINE}{occasion}"


def id_at(command_id: str, place: int) -> str:
    """Under which the entry at that place (from 0) of what the command led to is kept."""
    return f"{command_id}{_PLACE}{place}" if place else command_id


def is_reserved(command_id: str) -> bool:
    """Whether no person's command may have this id: the log would take it for one that the machine gives."""
    return command_id.startswith(_MACHINE) or _PLACE in command_id
