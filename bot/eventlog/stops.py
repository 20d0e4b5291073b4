"""The log of providers whose planned rotations people have stopped and resumed."""

from __future__ import annotations

from bot.eventlog.side_log import SideLog, SideLogDamaged, Subject
from bot.eventlog.tables import STOP_EVENTS
from bot.programme.stops import ProviderResumed, ProviderStopped, StopEvent, Stops, evolve


class StopsDamaged(SideLogDamaged):
    """It cannot be believed: no schedule runs."""

    def __init__(self, what: str) -> None:
        super().__init__(
            what, f"The record of stopped providers is damaged: {what}. Nothing starts by schedule until it is repaired"
        )


STOPS: Subject[Stops, StopEvent] = Subject(
    what="stops",
    table=STOP_EVENTS,
    kinds={"provider-stopped": ProviderStopped, "provider-resumed": ProviderResumed},
    empty=Stops,
    evolve=evolve,
    damaged=StopsDamaged,
)

type StopLog = SideLog[Stops, StopEvent]
