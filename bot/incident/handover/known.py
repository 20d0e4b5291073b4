"""What a run knew of one secret, as logs hold it: fields may be added with defaults, and never renamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.model.keys import KeyRef, Snapshot

EARLIER = ".earlier"
"""Behind the name of a secret: the value before the one that leaked, which has to end too. No name in the catalog has a
full stop.
"""


@dataclass(frozen=True)
class Pins:
    """An old value that was captured: where it stands, which key it is, and what was seen of it."""

    fingerprint: str
    versions: Mapping[str, int] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    current: bool = True
    candidates: tuple[KeyRef, ...] = ()
    key_id: str = ""
    exposed_since: datetime | None = None
    hint: str = ""
    snapshot: Snapshot | None = None
    snapshot_at: datetime | None = None
    snapshot_missing: str = ""
    scopes_known: bool = False
    baseline_at: datetime | None = None
    seen_alive_at: datetime | None = None
    revoke_began_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_detail: str = ""
    contained_at: datetime | None = None


@dataclass(frozen=True)
class Made:
    """A new value that exists: staged, verified or promoted, under the run's names. `inbox` is where one lies that a
    person has brought and nobody has taken yet.
    """

    name: str = ""
    key_id: str = ""
    fingerprint: str = ""
    staged: str = ""
    staged_at: datetime | None = None
    source: str = ""
    submitted_by: str = ""
    inbox: str = ""
    verified_at: datetime | None = None
    verified_detail: str = ""
    untold: str = ""
    versions: Mapping[str, int] = field(default_factory=dict)
    promoted_at: datetime | None = None
    unstaged: bool = False
    promote_began_at: datetime | None = None
    began: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Handed:
    """What the incident takes over of one secret. `run` made keys under names of its own, and staged values below its
    own place: both are looked for there as well.

    `old` is the value that leaked, if the run had captured it; `new` a new value that is no leaked one; `earlier` the
    value before the leaked one where that still has to end. `set_aside` are ids and names of keys of the run's that
    must never be taken for a new value; `orphans` those that nothing uses, with whether they have ended; `superseded`
    those that were in place once, with their fingerprints; `unknown` says that a call may still make one.
    """

    secret: str
    run: str
    old: Pins | None = None
    new: Made | None = None
    earlier: Pins | None = None
    set_aside: tuple[str, ...] = ()
    orphans: Mapping[str, bool] = field(default_factory=dict)
    unknown: bool = False
    superseded: Mapping[str, str] = field(default_factory=dict)
