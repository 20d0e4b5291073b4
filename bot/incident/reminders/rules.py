"""Of what people are reminded, whose it is, and when the next message is due.

Whoever owes it gets a message of their own, by day. Where that is not answered within an hour (done, moved to another
time, or snoozed), the channel is told; after a snooze both are, at its end. A deadline of the law is told to both at
once, day and night, and first while there is time to meet it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incident.clocks import AGAIN
from bot.incident.due import Due, DueKind, announced_at, dues
from bot.incident.hours import by_day, next_morning
from bot.incident.model import SnoozeFor
from bot.incident.reminders.state import Reminder
from bot.incident.state import Incident

ANSWER_WITHIN = timedelta(hours=1)
"""So long only whoever owes it knows."""
_HOUR = timedelta(hours=1)


def owed(incident: Incident) -> Iterator[Due]:
    """Decisions have reminders of their own."""
    return (each for each in dues(incident) if each.kind is not DueKind.DECISION)


def owner_of(incident: Incident, each: Due) -> str:
    """Whose it is: the owner of a task, who decides on a notice, the commander for the rest; empty: nobody's."""
    return each.owner or incident.commander


def last_of(incident: Incident, each: Due) -> Reminder | None:
    """The last reminder of it as it is due now: a time that somebody has moved since is a new one, and so is a task
    after the deadline that it stands for.
    """
    last = incident.reminded.get(each.key)
    since = announced_at(incident, each) if each.legal else each.told_at or each.at
    return last if last is not None and last.at >= since else None


def reminder_at(incident: Incident, each: Due) -> datetime | None:
    """When its owner is reminded; None while a snooze stands, whose end brings the next message."""
    last = last_of(incident, each)
    if last is not None and last.snoozed is not None:
        return None
    if each.legal:
        if last is None:
            return announced_at(incident, each)
        return each.at if last.at < each.at else last.at + AGAIN
    told = last.at if last is not None else each.told_at
    return by_day(incident.timings, each.at if told is None else told + AGAIN)


def raised_at(incident: Incident, each: Due) -> datetime | None:
    """When the channel is told of what only its owner knows, or of what was snoozed; None if there is no such thing."""
    last = last_of(incident, each)
    if last is None:
        return None
    if last.snoozed is not None:
        return by_day(incident.timings, last.snoozed.until)
    return by_day(incident.timings, last.at + ANSWER_WITHIN) if last.raised_at is None else None


def waiting(incident: Incident) -> Iterator[tuple[Due, Reminder]]:
    """What people were reminded of and is still not done, snoozed or not."""
    for each in owed(incident):
        last = last_of(incident, each)
        if last is not None:
            yield each, last


def snoozed_until(incident: Incident, span: SnoozeFor, now: datetime) -> datetime:
    return now + _HOUR if span is SnoozeFor.HOUR else next_morning(incident.timings, now)
