"""The log of what was decided about planned rotations: standing approvals, waivers, stopped providers."""

from __future__ import annotations

from bot.eventlog.side_log import SideLog, SideLogDamaged, Subject
from bot.eventlog.tables import PROGRAMME_EVENTS
from bot.programme.events import KINDS, ProgrammeEvent
from bot.programme.evolve import evolve
from bot.programme.state import Programme


class ProgrammeDamaged(SideLogDamaged):
    """It cannot be believed: nothing rests on a standing approval, nothing is waived, no schedule runs."""

    def __init__(self, what: str) -> None:
        super().__init__(
            what,
            f"The record of standing approvals and waivers is damaged: {what}. Nothing rests on it until it is "
            "repaired: each rotation waits for two people, nothing is waived, and nothing starts by schedule",
        )


PROGRAMME: Subject[Programme, ProgrammeEvent] = Subject(
    what="programme",
    table=PROGRAMME_EVENTS,
    kinds=KINDS,
    empty=Programme,
    evolve=evolve,
    damaged=ProgrammeDamaged,
)

type ProgrammeLog = SideLog[Programme, ProgrammeEvent]
