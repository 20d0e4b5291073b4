"""What can be asked of the lanes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.events import Outcome
from bot.incident.lanes import ALL_LANES, Lane
from bot.incident.operations import Work
from bot.incident.stored import stored


@stored("retry")
@dataclass(frozen=True)
class Retry:
    """An empty `lane` retries everything that has failed for good."""

    lane: Lane = ALL_LANES


@stored("begin")
@dataclass(frozen=True)
class Begin:
    """Claims a lane. `instead_of` is the number of the claim of a dead worker that this one takes over."""

    work: Work
    worker: str
    instead_of: int | None = None


@stored("finish")
@dataclass(frozen=True)
class Finish:
    """An operation's outcome, under its claim."""

    outcome: Outcome
    lane: Lane


@stored("tick")
@dataclass(frozen=True)
class Tick:
    """A deadline of the incident has come."""


@stored("note-loss")
@dataclass(frozen=True)
class NoteLoss:
    """The log does not hold what it held: as of `RecordsLost`. `losses` is how many of them the worker had read there,
    None where that is not known: of several workers that notice one loss, one says it.
    """

    head: str = ""
    backup_at: datetime | None = None
    losses: int | None = None


WorkCommand = Retry | Begin | Finish | Tick | NoteLoss
