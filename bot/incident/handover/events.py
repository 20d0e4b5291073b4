"""What can have happened between a run and the incident that took it over."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.handover.known import Handed
from bot.incident.operations import Op
from bot.incident.stored import stored


@stored("handed-over")
@dataclass(frozen=True)
class HandedOver:
    """To the run: these secrets leaked, and `incident` deals with them. Nothing more is done about them here; what was
    under way (`void` are the numbers of its claims) is looked after there.
    """

    incident: str
    secrets: tuple[str, ...]
    void: tuple[int, ...] = ()
    v: int = 1


@stored("taken-over")
@dataclass(frozen=True)
class TakenOver:
    """To the incident: what the run knew of one secret. Follows its `secret-added`."""

    secret: str
    known: Handed
    v: int = 1


@stored("late-outcome-noted")
@dataclass(frozen=True)
class LateOutcomeNoted:
    """To the incident: an operation of the run ended after it was handed over: what it may have made is swept up."""

    secret: str
    run: str
    op: Op
    v: int = 1


HandoverByPerson = HandedOver | TakenOver
HandoverByMachine = LateOutcomeNoted
HandoverEvent = HandoverByPerson | HandoverByMachine
