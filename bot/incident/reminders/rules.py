"""Of what people are reminded, whose it is, and when the next message is due.

Whoever owes it gets a message of their own, and the channel one, by day. Of a deadline of the law both are told day and
night, and first while there is time to meet it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident.clocks import AGAIN
from bot.incident.due import Due, DueKind, announced_at, dues
from bot.incident.hours import by_day
from bot.incident.reminders.state import Reminder
from bot.incident.state import Incident


def owed(incident: Incident) -> Iterator[Due]:
    """Decisions have reminders of their own."""
    return (each for each in dues(incident) if each.kind is not DueKind.DECISION)


def owner_of(incident: Incident, each: Due) -> str:
    """Whose it is: the owner of a task, who decides on a notice, the commander for the rest; empty: nobody's."""
    return each.owner or incident.commander


def last_of(incident: Incident, each: Due) -> Reminder | None:
    """The last reminder of it as it is due now: a time that somebody has moved since is a new one."""
    last = incident.reminded.get(each.key)
    since = announced_at(incident, each) if each.legal else each.at
    return last if last is not None and last.at >= since else None


def reminder_at(incident: Incident, each: Due) -> datetime:
    """When people are reminded next."""
    last = last_of(incident, each)
    if each.legal:
        if last is None:
            return announced_at(incident, each)
        return each.at if last.at < each.at else last.at + AGAIN
    return by_day(incident.timings, each.at if last is None else last.at + AGAIN)


def waiting(incident: Incident) -> Iterator[tuple[Due, Reminder]]:
    """What people were reminded of and is still not done."""
    for each in owed(incident):
        last = last_of(incident, each)
        if last is not None:
            yield each, last
