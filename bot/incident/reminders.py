"""Reminders of what is overdue, to whoever owes it and to the channel: by day, and again a day later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.changes import due_words, milestone, replace, worse
from bot.incident.clocks import AGAIN, by_day
from bot.incident.due import Due, DueKind, announced_at, dues
from bot.incident.model import By, Worse
from bot.incident.state import Incident, Reminder

# Of what people are reminded, whose it is, and when the next message is due.
#
# Whoever owes it gets a message of their own, and the channel one, by day. Of a deadline of the law both are told day
# and night, and first while there is time to meet it.


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


# What reminders change.


def evolve(incident: Incident, event: e.RemindersEvent, by: By) -> Incident:
    """A deadline of the law wakes people, after the close by the page itself; all else waits for them."""
    last = incident.reminded.get(event.key)
    told = Reminder(event.at, by.at, last.number + 1 if last is not None else 1)
    after = replace(incident, reminded={**incident.reminded, event.key: told})
    if not event.legal:
        return after
    what, due = (Worse.LEGAL_DUE, event.at) if event.early else (Worse.LEGAL_OVER, None)
    if incident.closed is None:
        return worse(after, what, by.at, due=due)
    known = last is not None and last.at > incident.closed.at and (event.early or last.at >= event.at)
    return after if known else milestone(after, due_words(what, due))


# When people are reminded. Recorded, and so never twice.


def deadlines(incident: Incident) -> Iterator[datetime]:
    """Also after the close: tasks and the law's notices outlast it."""
    return (reminder_at(incident, each) for each in owed(incident))


def reminded(incident: Incident, at: datetime) -> Iterator[e.Reminded]:
    for each in owed(incident):
        if reminder_at(incident, each) <= at:
            yield e.Reminded(each.key, each.words, each.at, owner_of(incident, each), each.legal, early=at < each.at)
