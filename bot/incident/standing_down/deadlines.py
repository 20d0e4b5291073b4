"""When standing down ends by itself, and tasks of the day that somebody has settled by settling what they are about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.closing.open_items import open_items
from bot.incident.standing_down.rules import worsened
from bot.incident.state import Incident


def deadlines(incident: Incident) -> Iterator[datetime | None]:
    """At once, with whatever brought it about."""
    yield incident.last_at if worsened(incident) or settled(incident) else None


def ended(incident: Incident) -> Iterator[e.StandDownEnded]:
    if why := worsened(incident):
        yield e.StandDownEnded(why)


def done(incident: Incident) -> Iterator[e.TaskDone]:
    for task in settled(incident):
        yield e.TaskDone(task)


def settled(incident: Incident) -> tuple[str, ...]:
    """Tasks about something that is not open any more."""
    about = {task.id: task.item for task in incident.tasks.values() if task.open and task.item}
    left = {item.key for item in open_items(incident)} if about else set()
    return tuple(name for name, item in about.items() if item not in left)
