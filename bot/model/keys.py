"""A key as its provider knows it: its entry in a list, what is deleted with it, what may outlive it. Never a value.

Times are timezone-aware UTC datetimes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model.frozen import Frozen, field


@dataclass(frozen=True)
class KeyRef:
    """A key as its provider lists it.

    `hint` is the part of the value that the provider shows (``sk-abc…wxyz``). `by_looks`: the value only resembles this
    key, by its visible characters or by a role's name beside a password that was never accepted; another value can look
    the same. Without `by_looks` it is this key: an unguessable id is in the value or beside it, the list holds the
    value or its digest, or the provider accepts the value for this key.
    """

    id: str
    name: str = ""
    hint: str = ""
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    by_looks: bool = False


NONE_OF_THESE = KeyRef("none", "none of these", "the key was not seen working and only looks like the other one")
"""A person's choice that the value is none of the listed keys; the machine then revokes none."""


class Snapshot(Frozen):
    """What a deletion would destroy, read before it and kept. `scopes` is None if unknown, which differs from none.
    `facts` is a dict: the log holds it.
    """

    account: str = ""
    scopes: tuple[str, ...] | None = None
    owner: str = ""
    last_used_at: datetime | None = None
    allowed_addresses: tuple[str, ...] = ()
    sessions: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


MAKES_ROOM = "deleted to make room"
"""The fact of a snapshot that names the one key that `issue` may delete, at a provider with a limited
number of keys.
"""


@dataclass(frozen=True)
class Owner:
    """The owner of a key at its provider, if the key cannot be revoked alone: `words` names the owner and everything
    deleted with it.

    `alone` is False if other working keys would die with it.
    """

    id: str
    words: str
    alone: bool


@dataclass(frozen=True)
class Leftover:
    """Something newer than the exposure that would outlive the key: `item` is its name on the card's checklist, `id`
    and `name` are what the console shows. `by` says who made it, and from where, as far as that is known.
    """

    item: str
    id: str
    name: str = ""
    created_at: datetime | None = None
    by: str = ""


KEY_NAME_LENGTH = 64


def key_prefix(incident: str, secret: str) -> str:
    """The beginning of the names of all keys made for this secret in this incident; at most 60 of `[a-z0-9_]`."""
    plain = re.sub(r"[^a-z0-9]+", "_", secret.lower()).strip("_")
    prefix = f"{incident}_{plain}_"
    if len(prefix) > KEY_NAME_LENGTH - 4:
        digest = hashlib.sha256(secret.encode()).hexdigest()[:8]
        prefix = f"{incident}_{plain[: KEY_NAME_LENGTH - 4 - len(incident) - 11]}_{digest}_"
    return prefix


def key_name(incident: str, secret: str, attempt: int) -> str:
    """The name under which attempt number `attempt` makes a key: ``inc_ab12cd_openai_api_key_1``."""
    return f"{key_prefix(incident, secret)}{attempt}"
