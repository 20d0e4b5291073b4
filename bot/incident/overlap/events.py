"""What can have happened to strategies and overlaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import IfFailing, Right, Strategy
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
    """A consumer fails with the new value, the leaked one is kept alive, and nobody has decided what becomes of it:
    people are woken for the `number`-th time.
    """

    secret: str
    number: int
    v: int = 1


@stored("roll-back-overdue")
@dataclass(frozen=True)
class RollBackOverdue:
    """The leaked value was put back in place, in part or all, and has not been replaced or revoked within the hour."""

    secret: str
    v: int = 1


OverlapByPerson = StrategyChosen | AbuseRecorded | RollBackRequested
OverlapByMachine = OverlapHeld | WaitingEscalated | RollBackOverdue
OverlapOutcome = RolledBack | RollBackRefused
OverlapEvent = OverlapByPerson | OverlapByMachine | OverlapOutcome
