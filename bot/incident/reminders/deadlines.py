"""When people are reminded. Recorded, and so never twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.model import WhyRaised
from bot.incident.reminders.rules import last_of, owed, owner_of, raised_at, reminder_at
from bot.incident.state import Incident


def deadlines(incident: Incident) -> Iterator[datetime | None]:
    """Also after the close: tasks and the law's notices outlast it."""
    for each in owed(incident):
        yield reminder_at(incident, each)
        yield raised_at(incident, each)


def reminded(incident: Incident, at: datetime) -> Iterator[e.Reminded | e.ReminderRaised]:
    for each in owed(incident):
        owner, again, raised = owner_of(incident, each), reminder_at(incident, each), raised_at(incident, each)
        if again is not None and again <= at:
            direct = bool(owner) and not each.legal
            yield e.Reminded(each.key, each.words, each.at, owner, each.legal, direct, early=at < each.at)
        elif raised is not None and raised <= at:
            last = last_of(incident, each)
            snoozed = last is not None and last.snoozed is not None
            why = WhyRaised.SNOOZED if snoozed else WhyRaised.UNANSWERED
            yield e.ReminderRaised(each.key, each.words, each.at, owner, why)
