"""When people are reminded: by day; of a deadline of the law day and night. Recorded, and so never twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incident import events as e
from bot.incident.due import Due, DueKind, dues
from bot.incident.hours import by_day
from bot.incident.state import Incident

AGAIN = timedelta(hours=24)


def deadlines(incident: Incident) -> Iterator[datetime | None]:
    for each in _owed(incident):
        yield reminder_at(incident, each)


def reminded(incident: Incident, at: datetime) -> Iterator[e.Reminded]:
    for each in _owed(incident):
        if reminder_at(incident, each) <= at:
            yield e.Reminded(each.key, each.words, each.at, each.owner or incident.commander, each.legal)


def reminder_at(incident: Incident, each: Due) -> datetime:
    """A time that somebody has moved since is a new one: until it comes, all is quiet."""
    last = incident.reminded.get(each.key)
    at = each.at if last is None or last < each.at else last + AGAIN
    return at if each.legal else by_day(incident.timings, at)


def _owed(incident: Incident) -> Iterator[Due]:
    """Decisions have reminders of their own."""
    return (each for each in dues(incident) if each.kind is not DueKind.DECISION)
