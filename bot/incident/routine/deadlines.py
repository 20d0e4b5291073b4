"""What a planned rotation brings about by itself: its steps end, and in the end it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.routine.rules import done, over
from bot.incident.state import Incident


def deadlines(incident: Incident) -> Iterator[datetime | None]:
    yield incident.last_at if any(True for _ in followed(incident)) else None


def followed(incident: Incident) -> Iterator[e.StepDone | e.IncidentClosed]:
    """The steps that are done by now; with the close all that are left, which wait for nothing but the report."""
    if not incident.open or not incident.answers.closes_itself:
        return
    ends = over(incident)
    for step in incident.steps:
        if not step.over and (ends or done(incident, step)):
            yield e.StepDone(step.definition.id)
    if ends:
        yield e.IncidentClosed()
