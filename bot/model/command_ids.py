"""Ids of commands: those that the machine gives its own can be foretold, and no command of a person's has one."""

from __future__ import annotations

_MACHINE = "bot:"


def machine_id(occasion: str) -> str:
    """Of a command of the machine's own: the same occasion leads to the same command, whichever worker sees it."""
    return f"{_MACHINE}{occasion}"


def is_reserved(command_id: str) -> bool:
    """Whether no person's command may have this id: the log would take it for one that the machine gives."""
    return command_id.startswith(_MACHINE)
