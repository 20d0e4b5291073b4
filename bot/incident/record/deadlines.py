"""When people are reminded of the decision on notification."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.clocks import reminders
from bot.incident.state import Incident


def reminded(incident: Incident, at: datetime) -> Iterator[e.NotificationReminded]:
    """Also after the close."""
    for due, reminder in reminders(incident):
        if reminder <= at:
            yield e.NotificationReminded(due, due <= at)
