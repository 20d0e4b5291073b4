"""The log of news of leaks: one for the whole installation, and no value in it."""

from __future__ import annotations

from bot.alerts import KINDS, AlertEvent, Alerts, evolve
from bot.eventlog.side_log import SideLog, Subject
from bot.eventlog.tables import ALERT_EVENTS

ALERTS: Subject[Alerts, AlertEvent] = Subject(
    what="alerts", table=ALERT_EVENTS, kinds=KINDS, empty=Alerts, evolve=evolve
)

type AlertLog = SideLog[Alerts, AlertEvent]
