"""What is known of consent to kills and proposals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import By, ConsentKind, Cut, IfFailing, Right


@dataclass(frozen=True)
class Consent:
    """A person's word that the old value may be killed, with the rights that they had when they gave it.

    `plan` is the digest of the plan that they saw; of whoever made it the first half, which says what is revoked and
    how: by that they stand, whatever else becomes of it. `until` is when it lapses, unless the plan has started before.
    """

    name: str
    at: datetime
    rights: frozenset[Right] = frozenset()
    plan: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Giver:
    """A person on whose word a kill rests; `rights` are those that they need for it."""

    name: str
    rights: frozenset[Right]


@dataclass(frozen=True)
class Basis:
    """What a kill may start on: whose word, complete since `at`. It lapses by itself at `until`. `entry` is the digest
    of the catalog's entry where that calls it auto, which is nobody's word.
    """

    kind: ConsentKind
    givers: tuple[Giver, ...]
    at: datetime
    until: datetime | None = None
    entry: str = ""


@dataclass(frozen=True)
class Review:
    """What another person found about broken glass."""

    by: By
    verdict: str


@dataclass(frozen=True)
class ApprovalRequest:
    """A pending request for approval of the plans of several secrets."""

    plans: Mapping[str, str]
    until: datetime
    at: datetime


@dataclass(frozen=True)
class Proposal:
    """Something besides a kill that a second person must agree to."""

    number: int
    what: str
    subject: str
    reason: str
    by: str
    at: datetime
    until: datetime
    rights: frozenset[Right] = frozenset()
    """Of whoever made it, at that time."""
    if_failing: IfFailing = IfFailing.KEEP
    cuts: tuple[Cut, ...] = ()
    items: tuple[str, ...] = ()
    """Keys of what is to be closed over, or the new key's rights."""
    details: tuple[str, ...] = ()
    """What was bad about that when it was proposed."""
    end: str = ""
    """Of a strategy: what was to be revoked, and how, when it was proposed (`end_of`)."""
