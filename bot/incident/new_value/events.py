"""What can have happened to the replacement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.incident.model import Right
from bot.incident.stored import stored
from bot.model.keys import Snapshot


@stored("replacement-asked")
@dataclass(frozen=True)
class ReplacementAsked:
    """An older version leaked; somebody wants the current one replaced all the same."""

    secret: str
    rights: tuple[Right, ...] = ()
    v: int = 1


@stored("scopes-chosen")
@dataclass(frozen=True)
class ScopesChosen:
    secret: str
    scopes: tuple[str, ...]
    v: int = 1


@stored("submission-announced")
@dataclass(frozen=True)
class SubmissionAnnounced:
    """A person has put a new value into the inbox parameter; the worker takes it from there. `called_for`: people had
    been called for what it ends, and are told.
    """

    secret: str
    inbox: str
    rights: tuple[Right, ...] = ()
    called_for: bool = False
    v: int = 1


@stored("value-allowed")
@dataclass(frozen=True)
class ValueAllowed:
    """A new value that waited is put to use: `account` although it may be another account's, `readers` although
    these may read it there: leaked AWS keys by the names of their secrets, unexplained principals by their ARNs.
    """

    secret: str
    fingerprint: str
    reason: str
    account: bool
    readers: tuple[str, ...] = ()
    v: int = 1


@stored("value-refused")
@dataclass(frozen=True)
class ValueRefused:
    """A person will not have this value put to use, which another person brought."""

    secret: str
    fingerprint: str
    reason: str
    v: int = 1


@stored("scopes-read")
@dataclass(frozen=True)
class ScopesRead:
    claim: int
    secret: str
    snapshot: Snapshot
    v: int = 1


@stored("orphans-found")
@dataclass(frozen=True)
class OrphansFound:
    """Keys that nothing recorded. From now on they are orphans: never adopted, ended next. `made_room` is the id of
    another key of the provider's that was deleted for one of them to have a place.
    """

    claim: int
    secret: str
    keys: tuple[str, ...]
    made_room: str = ""
    v: int = 1


@stored("orphan-ended")
@dataclass(frozen=True)
class OrphanEnded:
    claim: int
    secret: str
    key: str
    v: int = 1


@stored("value-staged")
@dataclass(frozen=True)
class ValueStaged:
    """A new value stands at `staged`. `name` is the key's name at the provider; `source` issue, install or person.
    `made_room` is the id of another key of the provider's that was deleted for this one to have a place.
    """

    claim: int
    secret: str
    name: str
    key_id: str
    fingerprint: str
    staged: str
    source: str
    by: str = ""
    made_room: str = ""
    v: int = 1


@stored("value-rejected")
@dataclass(frozen=True)
class ValueRejected:
    """The staged value cannot be used (another account, equal to the old one, not accepted): another is awaited."""

    claim: int
    secret: str
    reason: str
    v: int = 1


@stored("value-verified")
@dataclass(frozen=True)
class ValueVerified:
    """`unwell` are the consumers whose health URL refused while the old value was still what they read; `untold` is the
    old value's account where that of the new one, which a person brought, could not be told.
    """

    claim: int
    secret: str
    detail: str
    unwell: tuple[str, ...] = ()
    untold: str = ""
    v: int = 1


@stored("value-promoted")
@dataclass(frozen=True)
class ValuePromoted:
    """`versions` maps each parameter to the version that now holds the new value."""

    claim: int
    secret: str
    versions: Mapping[str, int]
    v: int = 1


@stored("swept")
@dataclass(frozen=True)
class Swept:
    """`made_room` is the id of a key that was deleted for one to have a place that was never made."""

    claim: int
    secret: str
    made_room: str = ""
    v: int = 1


@stored("unstaged")
@dataclass(frozen=True)
class Unstaged:
    """`old` tells whether the staged old value was deleted, or the staged new ones."""

    claim: int
    secret: str
    old: bool
    v: int = 1


NewValueByPerson = ReplacementAsked | ScopesChosen | SubmissionAnnounced | ValueAllowed | ValueRefused
NewValueOutcome = (
    ScopesRead
    | OrphansFound
    | OrphanEnded
    | ValueStaged
    | ValueRejected
    | ValueVerified
    | ValuePromoted
    | Swept
    | Unstaged
)
NewValueEvent = NewValueByPerson | NewValueOutcome
