"""What reminders change."""

from __future__ import annotations

from bot.incident import events as e
from bot.incident.changes import milestone, replace, worse
from bot.incident.model import By
from bot.incident.reminders.state import Reminder
from bot.incident.state import Incident

DEADLINE = "a deadline of the law or of a contract"
LEGAL = f"{DEADLINE} is over"


def evolve(incident: Incident, event: e.RemindersEvent, by: By) -> Incident:
    """A deadline of the law wakes people, after the close by the page itself; all else waits for them."""
    last = incident.reminded.get(event.key)
    told = Reminder(event.at, by.at, last.number + 1 if last is not None else 1)
    after = replace(incident, reminded={**incident.reminded, event.key: told})
    if not event.legal:
        return after
    words = f"{DEADLINE} is due on {event.at:%Y-%m-%d at %H:%M} UTC" if event.early else LEGAL
    if incident.closed is None:
        return worse(after, words, by.at)
    known = last is not None and last.at > incident.closed.at and (event.early or last.at >= event.at)
    return after if known else milestone(after, words)
