"""Streams of the whole installation besides `trust`: providers that people stopped and resumed, and news of leaks
without any value.
"""

from __future__ import annotations

from typing import Any

from bot.eventlog.stream_log import InstallationStream, StreamDamaged
from bot.eventlog.trust import TRUST
from bot.incident.stored import by_name
from bot.model.codec import Codec
from bot.news.cases.events import AlertEvent
from bot.news.cases.evolve import evolve
from bot.news.cases.state import Alerts
from bot.planned.rules import stops


class StopsDamaged(StreamDamaged):
    """It cannot be believed: no schedule runs."""

    def __init__(self, what: str) -> None:
        super().__init__(
            what, f"The record of stopped providers is damaged: {what}. Nothing starts by schedule until it is repaired"
        )


STOPS: InstallationStream[stops.Stops, stops.StopEvent] = InstallationStream(
    "stops", Codec(by_name(stops.StopEvent)), stops.Stops(), stops.evolve, StopsDamaged
)
ALERTS: InstallationStream[Alerts, AlertEvent] = InstallationStream(
    "alerts", Codec(by_name(AlertEvent)), Alerts(), evolve
)
ALL: tuple[InstallationStream[Any, Any], ...] = (TRUST, STOPS, ALERTS)
