"""When standing down ends by itself, and tasks of the day that somebody has settled by settling what they are about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.closing.open_items import settled_tasks
from bot.incident.standing_down.rules import worsened
from bot.incident.state import Incident


def deadlines(incident: Incident) -> Iterator[datetime | None]:
    """At once, with whatever brought it about."""
    yield incident.last_at if worsened(incident) else None


def of_tasks(incident: Incident) -> Iterator[datetime | None]:
    """The same for tasks, which outlast the close."""
    yield incident.last_at if settled_tasks(incident) else None


def ended(incident: Incident) -> Iterator[e.StandDownEnded]:
    if why := worsened(incident):
        yield e.StandDownEnded(why)


def done(incident: Incident) -> Iterator[e.TaskDone]:
    """Also after the close."""
    for task in settled_tasks(incident):
        yield e.TaskDone(task)
