"""What can have happened in a departure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import Right
from bot.incident.stored import stored
from bot.model.departures import Reach


@stored("departure-agreed")
@dataclass(frozen=True)
class DepartureAgreed:
    """A second person has agreed that these secrets are rotated since somebody leaves."""

    secrets: tuple[str, ...]
    rights: tuple[Right, ...] = ()
    v: int = 1


@stored("leaver-looked-up")
@dataclass(frozen=True)
class LeaverLookedUp:
    """What the leaver's principal read and can read. `secrets` were asked about; `reaches` are those of the environment
    that it read or can read, be they in this run or not. `unknown` says what could not be told, and why.
    """

    claim: int
    secrets: tuple[str, ...]
    reaches: tuple[Reach, ...]
    unknown: tuple[str, ...] = ()
    grants_known: bool = True
    v: int = 1


DepartureByPerson = DepartureAgreed
DepartureOutcome = LeaverLookedUp
DepartureEvent = DepartureByPerson | DepartureOutcome
