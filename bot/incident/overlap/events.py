"""What can have happened to strategies and overlaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import IfFailing, New, Right, Strategy
from bot.incident.stored import stored


@stored("strategy-chosen")
@dataclass(frozen=True)
class StrategyChosen:
    """Where it had to be proposed, `proposer` made the plan and the actor consents to it: to `plan`, until `until`."""

    secret: str
    strategy: Strategy
    reason: str
    rights: tuple[Right, ...] = ()
    proposer: str = ""
    proposer_rights: tuple[Right, ...] = ()
    plan: str = ""
    until: datetime | None = None
    if_failing: IfFailing = IfFailing.KEEP
    v: int = 1


@stored("abuse-recorded")
@dataclass(frozen=True)
class AbuseRecorded:
    """Somebody has been seen using the leaked value: it is not kept alive for anybody's sake any more."""

    secret: str
    text: str
    v: int = 1


@stored("roll-back-requested")
@dataclass(frozen=True)
class RollBackRequested:
    """The leaked value, which still lives, is to be put back in the new one's place."""

    secret: str
    reason: str
    v: int = 1


@stored("roll-back-extended")
@dataclass(frozen=True)
class RollBackExtended:
    """Two people let the leaked value serve until then: whoever proposed it, and the actor."""

    secret: str
    until: datetime
    proposer: str
    reason: str
    v: int = 1


@stored("promotion-asked")
@dataclass(frozen=True)
class PromotionAsked:
    """The new value that was rolled back is to be put in place again."""

    secret: str
    v: int = 1


@stored("another-asked")
@dataclass(frozen=True)
class AnotherAsked:
    """In place of the new value that was rolled back another one is to be made."""

    secret: str
    v: int = 1


@stored("rolled-back")
@dataclass(frozen=True)
class RolledBack:
    """`versions` maps each parameter to the version that holds the leaked value again."""

    claim: int
    secret: str
    versions: Mapping[str, int]
    v: int = 1


@stored("roll-back-refused")
@dataclass(frozen=True)
class RollBackRefused:
    """The old value does not answer any more: it was not put back, and the new one is put in place again."""

    claim: int
    secret: str
    detail: str
    v: int = 1


@stored("overlap-held")
@dataclass(frozen=True)
class OverlapHeld:
    """The time of an overlap is over, and the old value lives on: nobody has settled these copies, and part of the
    traffic of these functions may still read it.
    """

    secret: str
    copies: tuple[str, ...]
    readers: tuple[str, ...] = ()
    v: int = 1


@stored("waiting-escalated")
@dataclass(frozen=True)
class WaitingEscalated:
    """The leaked value is kept alive, and nobody has decided what becomes of it: people are woken for the `number`-th
    time. `state` is that of the new value: failing, rolled-back, or another where putting the leaked one back failed.
    """

    secret: str
    state: New
    number: int
    v: int = 1


OverlapByPerson = StrategyChosen | AbuseRecorded | RollBackRequested | RollBackExtended | PromotionAsked | AnotherAsked
OverlapByMachine = OverlapHeld | WaitingEscalated
OverlapOutcome = RolledBack | RollBackRefused
OverlapEvent = OverlapByPerson | OverlapByMachine | OverlapOutcome
