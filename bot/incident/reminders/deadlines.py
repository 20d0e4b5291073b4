"""When people are reminded. Recorded, and so never twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.reminders.rules import owed, owner_of, reminder_at
from bot.incident.state import Incident


def deadlines(incident: Incident) -> Iterator[datetime]:
    """Also after the close: tasks and the law's notices outlast it."""
    return (reminder_at(incident, each) for each in owed(incident))


def reminded(incident: Incident, at: datetime) -> Iterator[e.Reminded]:
    for each in owed(incident):
        if reminder_at(incident, each) <= at:
            yield e.Reminded(each.key, each.words, each.at, owner_of(incident, each), each.legal, early=at < each.at)
