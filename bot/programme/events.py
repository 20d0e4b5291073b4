"""What can have happened to the programme of rotations, and the names under which its log keeps that, for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class StandingSigned:
    """Proposed by the actor. `digest` is what the second signature must repeat; it may come until `agree_by`."""

    approval: int
    environment: str
    secrets: tuple[str, ...]
    overlap: float
    when: str
    until: datetime
    digest: str
    agree_by: datetime
    order: tuple[str, ...] = ()
    v: int = 1


@dataclass(frozen=True)
class StandingAgreed:
    approval: int
    digest: str
    v: int = 1


@dataclass(frozen=True)
class StandingWithdrawn:
    approval: int
    reason: str
    v: int = 1


@dataclass(frozen=True)
class WaiverAsked:
    """`due` is the date that is waived: after a rotation there is another one, for which this says nothing."""

    waiver: int
    secret: str
    environment: str
    due: datetime
    until: datetime
    reason: str
    v: int = 1


@dataclass(frozen=True)
class WaiverAgreed:
    waiver: int
    v: int = 1


@dataclass(frozen=True)
class WaiverWithdrawn:
    waiver: int
    reason: str
    v: int = 1


@dataclass(frozen=True)
class ProviderStopped:
    provider: str
    reason: str
    incident: str = ""
    v: int = 1


@dataclass(frozen=True)
class ProviderResumed:
    provider: str
    reason: str
    v: int = 1


ProgrammeEvent = (
    StandingSigned | StandingAgreed | StandingWithdrawn | WaiverAsked | WaiverAgreed | WaiverWithdrawn | ProviderStopped
    | ProviderResumed
)  # fmt: skip

KINDS: Mapping[str, type[ProgrammeEvent]] = {
    "standing-signed": StandingSigned,
    "standing-agreed": StandingAgreed,
    "standing-withdrawn": StandingWithdrawn,
    "waiver-asked": WaiverAsked,
    "waiver-agreed": WaiverAgreed,
    "waiver-withdrawn": WaiverWithdrawn,
    "provider-stopped": ProviderStopped,
    "provider-resumed": ProviderResumed,
}
"""The names under which the log holds them: a class may be renamed, a name stays for ever."""
