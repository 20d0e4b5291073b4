"""What can have happened to what may outlive the dead key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import CheckOutcome, CopyOutcome, ReaderOutcome
from bot.incident.stored import stored
from bot.model.keys import Leftover
from bot.model.probes import Probe
from bot.model.reads import Read


@stored("check-ended")
@dataclass(frozen=True)
class CheckEnded:
    """Somebody looked for what may outlive the key: nothing was there, or it has been removed. `late`: the incident was
    closed by then, over this check.
    """

    secret: str
    item: str
    outcome: CheckOutcome
    note: str = ""
    late: bool = False
    v: int = 1


@stored("copy-settled")
@dataclass(frozen=True)
class CopySettled:
    """Somebody has updated or purged a copy of the secret, or accepts that the old value stays in it."""

    secret: str
    copy: str
    outcome: CopyOutcome
    note: str = ""
    v: int = 1


@stored("reader-accounted")
@dataclass(frozen=True)
class ReaderAccounted:
    """Somebody says whose reads of the leaked values those of `principal` were, or that nobody can."""

    principal: str
    outcome: ReaderOutcome
    note: str = ""
    v: int = 1


@stored("siblings-seen")
@dataclass(frozen=True)
class SiblingsSeen:
    """Other secrets of the same provider, before the revocation (`after` False) or after it: none may die with it."""

    claim: int
    secret: str
    after: bool
    probes: tuple[Probe, ...]
    v: int = 1


@stored("usage-read")
@dataclass(frozen=True)
class UsageRead:
    """Who read it. `truncated`: the search stopped before it had seen everything. `dropped` reads were seen and are
    not kept: of each of their readers another one is.
    """

    claim: int
    secret: str
    source: str
    since: datetime
    until: datetime
    reads: tuple[Read, ...]
    not_visible: tuple[str, ...]
    truncated: bool
    dropped: int = 0
    v: int = 1


@stored("access-inspected")
@dataclass(frozen=True)
class AccessInspected:
    """What of the checklist the machine could read: `items` were looked at, `found` is newer than `since`. Of each item
    not more than a few are kept; `cut` counts those left out.
    """

    claim: int
    secret: str
    since: datetime
    items: tuple[str, ...]
    found: tuple[Leftover, ...]
    cut: int = 0
    v: int = 1


AccessByPerson = CheckEnded | CopySettled | ReaderAccounted
AccessOutcome = UsageRead | AccessInspected | SiblingsSeen
AccessEvent = AccessByPerson | AccessOutcome
