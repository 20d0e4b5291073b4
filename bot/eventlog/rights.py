"""The log of who had which rights, as workers found the people file."""

from __future__ import annotations

from bot.eventlog.side_log import SideLog, SideLogDamaged, Subject
from bot.eventlog.tables import RIGHTS_EVENTS
from bot.rights import PeopleFound, Rights, evolve


class RightsDamaged(SideLogDamaged):
    """It cannot be believed: it is evidence of nothing. What people may do is read from the file, and goes on."""

    def __init__(self, what: str) -> None:
        super().__init__(what, f"The record of who had which rights is damaged: {what}. It is evidence of nothing")


RIGHTS: Subject[Rights, PeopleFound] = Subject(
    what="rights",
    table=RIGHTS_EVENTS,
    kinds={"people-found": PeopleFound},
    empty=Rights,
    evolve=evolve,
    damaged=RightsDamaged,
)

type RightsLog = SideLog[Rights, PeopleFound]
