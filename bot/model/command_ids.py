"""Ids of commands. The machine's own ids are predictable, and no person's command may have one."""

from __future__ import annotations

_MACHINE = "bot:"


def machine_id(occasion: str) -> str:
    """The id of a command of the machine: the same occasion gives the same id, on every worker."""
    return f"{_MACHINE}{occasion}"


def is_reserved(command_id: str) -> bool:
    """Whether no person's command may have this id: the log would take it for one that the machine gives."""
    return command_id.startswith(_MACHINE)
