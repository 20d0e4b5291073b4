"""Which of its parts an installation uses, by its settings."""

from __future__ import annotations

from collections.abc import Iterable

from bot.app import built_in
from bot.errors import ConfigurationError
from bot.pager.contract import Pager
from bot.pager.nobody import NoPager
from bot.settings.model import Settings

type Found[T] = Iterable[tuple[str, T | None]]
"""The parts of a port, by their names; None for one that is not set up."""


def first_pager(settings: Settings, sender: str) -> Pager:
    """The first pager, or one that says that no pager is set up. `sender` is the author of notes."""
    return only(built_in.first_pagers(settings, sender), "who is paged first") or NoPager()


def fallback_pager(settings: Settings) -> Pager | None:
    """The pager for when the first one fails, or has leaked; None if none is set up."""
    return only(built_in.fallback_pagers(settings), "who is paged next")


def set_up[T](found: Found[T]) -> dict[str, T]:
    """The configured ones, by name."""
    return {name: part for name, part in found if part is not None}


def only[T](found: Found[T], what: str) -> T | None:
    """The one that is set up, if any. ConfigurationError for two: `what` is what only one of them can be."""
    parts = set_up(found)
    if len(parts) > 1:
        raise ConfigurationError(f"{what} is one only, and {' and '.join(parts)} are set up: unset all but one")
    return next(iter(parts.values()), None)
