"""When it is told that nobody has answered the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.paging.schedule import unanswered_at
from bot.incident.state import Incident


def deadlines(incident: Incident) -> Iterator[datetime | None]:
    yield unanswered_at(incident)


def unanswered(incident: Incident, at: datetime) -> Iterator[e.PageUnanswered]:
    due = unanswered_at(incident)
    if due is not None and due <= at:
        yield e.PageUnanswered()
