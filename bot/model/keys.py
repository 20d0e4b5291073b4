"""A key as its provider knows it: what it lists, what goes with it, what would outlive it. Never a value.

Times are timezone-aware UTC datetimes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class KeyRef:
    """A key as its provider lists it.

    `hint` is what the provider shows of the value (``sk-abc…wxyz``). `by_looks`: the value only looks like this key, by
    the characters that are shown of it, or by a role's name beside a password that was not seen alive; another value
    can look the same. Otherwise it is this key: an id that nobody guesses stands in the value or beside it, the list
    holds the value or its digest, or the provider accepts it for this one.
    """

    id: str
    name: str = ""
    hint: str = ""
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    by_looks: bool = False


NONE_OF_THESE = KeyRef("none", "none of these", "the value was not seen alive, and only looks like the other one")
"""What a person may choose in place of the one key that a value looks like: then the machine ends none."""


@dataclass(frozen=True)
class Snapshot:
    """What a deletion would destroy, read before it and kept. `scopes` None means unknown, which is not the same as
    none. `facts` is a dict: the log holds it.
    """

    account: str = ""
    scopes: tuple[str, ...] | None = None
    owner: str = ""
    last_used_at: datetime | None = None
    allowed_addresses: tuple[str, ...] = ()
    sessions: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


MAKES_ROOM = "deleted to make room"
"""The fact of a snapshot that names the one key which `issue` may delete: its provider keeps so many and no more."""


@dataclass(frozen=True)
class Owner:
    """What a key belongs to at its provider, where it cannot be ended alone: `words` name it and all that goes with it.

    `alone` is False where other living keys would die with it.
    """

    id: str
    words: str
    alone: bool


@dataclass(frozen=True)
class Leftover:
    """Something newer than the exposure that would outlive the key: `item` is its name on the card's checklist, `id`
    and `name` are what the console shows.
    """

    item: str
    id: str
    name: str = ""
    created_at: datetime | None = None


KEY_NAME_LENGTH = 64


def key_prefix(incident: str, secret: str) -> str:
    """What the names of all keys made for this secret in this incident begin with; at most 60 of `[a-z0-9_]`."""
    plain = re.sub(r"[^a-z0-9]+", "_", secret.lower()).strip("_")
    prefix = f"{incident}_{plain}_"
    if len(prefix) > KEY_NAME_LENGTH - 4:
        digest = hashlib.sha256(secret.encode()).hexdigest()[:8]
        prefix = f"{incident}_{plain[: KEY_NAME_LENGTH - 4 - len(incident) - 11]}_{digest}_"
    return prefix


def key_name(incident: str, secret: str, attempt: int) -> str:
    """The name under which attempt number `attempt` makes a key: ``inc_ab12cd_openai_api_key_1``."""
    return f"{key_prefix(incident, secret)}{attempt}"
