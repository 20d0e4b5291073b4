"""Reminders of overdue duties, to the person who owes them and to the channel: by day, and again a day later."""

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
# The channel gets a message that mentions its owner, by day. For a deadline of the law it gets one day and night,
# and first while there is time to meet it.


def owner_of(incident: Incident, each: Due) -> str:
    """The person who owes it: the owner of a task, the decider of a notice, the commander for the rest; empty if there
    is none.
    """
    return each.owner or incident.commander


def last_of(incident: Incident, each: Due) -> Reminder | None:
    """The last reminder of it as it is due now: a time that someone has moved since is a new one."""
    last = incident.reminded.get(each.key)
    return last if last is not None and last.due == each.at else None


def reminder_at(incident: Incident, each: Due) -> datetime:
    """When people are reminded next."""
    last = last_of(incident, each)
    if each.legal and last is None:
        return announced_at(incident, each)
    if last is not None and last.early:
        return each.at
    if last is not None and each.kind is DueKind.NOTICE:
        return last.at + AGAIN
    return by_day(incident.timings, each.at if last is None else last.at + AGAIN)


def _owed(incident: Incident) -> Iterator[Due]:
    """Of a review people are reminded once."""
    return (each for each in dues(incident) if each.kind is not DueKind.REVIEW or last_of(incident, each) is None)


# What reminders change.


_WORSE = {
    DueKind.NOTICE: (Worse.LEGAL_DUE, Worse.LEGAL_OVER),
    DueKind.DECISION: (Worse.DECISION_DUE, Worse.DECISION_OVERDUE),
    DueKind.REVIEW: (Worse.UNREVIEWED, Worse.UNREVIEWED),
}
"""The duties that wake people, with the words before the deadline and after it."""


def evolve(incident: Incident, event: e.RemindersEvent, by: By) -> Incident:
    """After the close the page itself wakes people. Of these duties only a notice that is overdue wakes them daily."""
    kind, last = DueKind(event.key.partition(":")[0]), incident.reminded.get(event.key)
    again = last is not None and last.due == event.at and not last.early
    wakes = kind in _WORSE and (kind is DueKind.NOTICE or not again)
    woke_at = by.at if wakes else last.woke_at if last is not None else None
    told = Reminder(event.at, by.at, last.number + 1 if last is not None else 1, woke_at)
    after = replace(incident, reminded={**incident.reminded, event.key: told})
    if not wakes:
        return after
    what, due = (_WORSE[kind][0], event.at) if event.early else (_WORSE[kind][1], None)
    if incident.closed is None:
        after = worse(after, what, by.at, due=due)
    elif last is not None and last.at > incident.closed.at and (event.early or last.at >= event.at):
        return after
    return milestone(after, due_words(what, due))


# When people are reminded. Recorded, and so never twice.


def deadlines(incident: Incident) -> Iterator[datetime]:
    """Also after the close, which these outlast."""
    return (reminder_at(incident, each) for each in _owed(incident))


def reminded(incident: Incident, at: datetime) -> Iterator[e.Reminded]:
    for each in _owed(incident):
        if reminder_at(incident, each) <= at:
            yield e.Reminded(each.key, each.words, each.at, owner_of(incident, each), each.legal, early=at < each.at)
