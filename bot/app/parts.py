"""Which of its parts an installation uses, by its settings."""

from __future__ import annotations

from collections.abc import Iterable

from bot.app import built_in
from bot.errors import ConfigurationError
from bot.pager.contract import Pager
from bot.pager.every import EveryPager, NoPager
from bot.settings.model import Settings

type Found[T] = Iterable[tuple[str, T | None]]
"""What the parts of a port have made, by their names; None where one is not set up."""


def first_pager(settings: Settings, sender: str) -> Pager:
    """What pages first, or one that says that nobody is paged. `sender` is in whose name notes are written."""
    return only(built_in.first_pagers(settings, sender), "who is paged first") or NoPager()


def fallback_pager(settings: Settings) -> Pager | None:
    """What pages when the first one cannot, or has leaked; None where none is set up. ConfigurationError for half of
    what one of them needs.
    """
    pagers = tuple(set_up(built_in.fallback_pagers(settings)).values())
    if not pagers:
        return None
    return pagers[0] if len(pagers) == 1 else EveryPager(pagers)


def set_up[T](found: Found[T]) -> dict[str, T]:
    """Those that are, by name."""
    return {name: part for name, part in found if part is not None}


def only[T](found: Found[T], what: str) -> T | None:
    """The one that is set up, if any. ConfigurationError for two: `what` is what only one of them can be."""
    parts = set_up(found)
    if len(parts) > 1:
        raise ConfigurationError(f"{what} is one only, and {' and '.join(parts)} are set up: unset all but one")
    return next(iter(parts.values()), None)
