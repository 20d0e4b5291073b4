"""How old the practice accounts' things are: what is newer than the values that leak, someone made since."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.drill.fakes.control import KeyRecord

AGES = (timedelta(days=220), timedelta(days=130), timedelta(days=41))
"""When the versions of a parameter were written, oldest first."""
HIRED = timedelta(days=400)
"""Since when there are the accounts' users, roles and admin keys."""
KEY_AGES = tuple(age + timedelta(hours=1) for age in AGES)
"""A key was made an hour before its value was put in place."""


def grown_old(*keys: KeyRecord) -> None:
    """The keys of one secret, oldest first, that were made just now get the ages of a real history."""
    for key, age in zip(reversed(keys), reversed(KEY_AGES), strict=False):
        key.created_at -= age.total_seconds()


def always_there[K: KeyRecord](key: K) -> K:
    """The key, made just now, as old as the account."""
    key.created_at -= HIRED.total_seconds()
    return key
