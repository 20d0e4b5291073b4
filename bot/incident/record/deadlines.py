"""When people are reminded of the decision on notification."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.clocks import next_reminder, notification_due
from bot.incident.state import Incident


def reminded(incident: Incident, at: datetime) -> Iterator[e.NotificationReminded]:
    """Also after the close."""
    reminder, due = next_reminder(incident), notification_due(incident)
    if reminder is not None and due is not None and reminder <= at:
        yield e.NotificationReminded(due, due <= at)
