"""What can have happened to the lanes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.lanes import Lane
from bot.incident.operations import Claim, Op
from bot.incident.stored import stored


@stored("operation-retried")
@dataclass(frozen=True)
class OperationRetried:
    lane: Lane
    v: int = 1


@stored("operation-started")
@dataclass(frozen=True)
class OperationStarted:
    claim: Claim
    v: int = 1


@stored("operation-failed")
@dataclass(frozen=True)
class OperationFailed:
    """`retry_at` None: failed for good, a person presses retry. `consumer` is what could not be refreshed, where that
    is no Lambda function.
    """

    claim: int
    op: Op
    error: str
    message: str
    retry_at: datetime | None
    v: int = 1
    consumer: str = ""


@stored("operation-yielded")
@dataclass(frozen=True)
class OperationYielded:
    """Handed back unfinished and without blame: the worker was asked to stop, or has to wait for something."""

    claim: int
    op: Op
    retry_at: datetime
    v: int = 1


@stored("claim-lost")
@dataclass(frozen=True)
class ClaimLost:
    """The worker that held the claim is gone; its call may still act."""

    claim: int
    op: Op
    lane: Lane
    v: int = 1


@stored("outcome-refused")
@dataclass(frozen=True)
class OutcomeRefused:
    """An outcome came after its claim had been lost. What it may have made is swept up."""

    claim: int
    op: Op
    lane: Lane
    v: int = 1


@stored("records-lost")
@dataclass(frozen=True)
class RecordsLost:
    """The log was cut off behind the event before this one. `head` (``SEQ:DIGEST``) is the newest event that the worker
    had read, empty where the log was made again from the backup of `backup_at`. What was done since is looked for at
    the providers; what people said since is gone, so no consent to a kill that has not been made counts any more.
    """

    head: str = ""
    backup_at: datetime | None = None
    v: int = 1


WorkByPerson = OperationRetried
WorkByMachine = OperationStarted | ClaimLost | OutcomeRefused | RecordsLost
WorkOutcome = OperationFailed | OperationYielded
WorkEvent = WorkByPerson | WorkByMachine | WorkOutcome
