"""Streams of the whole installation beside that of trust: who had which rights, as workers found the people file;
providers whose planned rotations people have stopped and resumed; news of leaks, with no value in it.
"""

from __future__ import annotations

from typing import Any

from bot import rights
from bot.eventlog.stream_log import InstallationStream, StreamDamaged
from bot.eventlog.trust import TRUST
from bot.incident.stored import by_name
from bot.model.codec import Codec
from bot.news.cases.events import AlertEvent
from bot.news.cases.evolve import evolve
from bot.news.cases.state import Alerts
from bot.planned.rules import stops


class RightsDamaged(StreamDamaged):
    """It cannot be believed: it is evidence of nothing. What people may do is read from the file, and goes on."""

    def __init__(self, what: str) -> None:
        super().__init__(what, f"The record of who had which rights is damaged: {what}. It is evidence of nothing")


class StopsDamaged(StreamDamaged):
    """It cannot be believed: no schedule runs."""

    def __init__(self, what: str) -> None:
        super().__init__(
            what, f"The record of stopped providers is damaged: {what}. Nothing starts by schedule until it is repaired"
        )


STOPS: InstallationStream[stops.Stops, stops.StopEvent] = InstallationStream(
    "stops", Codec(by_name(stops.StopEvent)), stops.Stops(), stops.evolve, StopsDamaged
)
RIGHTS: InstallationStream[rights.Rights, rights.PeopleFound] = InstallationStream(
    "rights", Codec(by_name(rights.PeopleFound)), rights.Rights(), rights.evolve, RightsDamaged
)
ALERTS: InstallationStream[Alerts, AlertEvent] = InstallationStream(
    "alerts", Codec(by_name(AlertEvent)), Alerts(), evolve
)
ALL: tuple[InstallationStream[Any, Any], ...] = (TRUST, STOPS, RIGHTS, ALERTS)
