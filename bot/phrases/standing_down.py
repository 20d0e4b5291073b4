"""Standing down in words: what it means, what it leaves for the day, and what ends it."""

from __future__ import annotations

from datetime import datetime

from bot.incident import events as e
from bot.incident.closing.open_items import kind_of
from bot.incident.record.decide import NOTIFICATION
from bot.incident.standing_down.decide import tasks_of_the_day
from bot.incident.state import Incident
from bot.phrases.marks import literal
from bot.phrases.tasks import tasks_left

MEANS = (
    "The page is resolved and people sleep. The incident stays open: dead values and consumers are looked at every "
    "half an hour, and what gets worse pages anew."
)


def rest_words(incident: Incident) -> str:
    """That people have stood down, as a phrase; empty while they have not."""
    if incident.stood_down is None or not incident.open:
        return ""
    tasks = f"; {left}" if (left := tasks_left(incident)) else ""
    return f"Stood down by {literal(incident.stood_down.by.name)}: page resolved, probing goes on{tasks}"


def left_words(incident: Incident, now: datetime) -> list[str]:
    """What would become tasks now, one phrase each with its time: the first due first, of those what the law or a
    contract asks for.
    """
    timed = [(task.due, task) for task in tasks_of_the_day(incident, "", now) if task.due is not None]
    timed.sort(key=lambda each: (each[0], kind_of(each[1].item) != NOTIFICATION))
    return [f"{task.title} (due {due:%a %Y-%m-%d %H:%M} UTC)" for due, task in timed]


def event_words(event: e.StandingDownEvent) -> str:
    """What follows who did it."""
    if isinstance(event, e.StoodDown):
        return "stood down: the page is resolved, and the incident stays open"
    return f"paged on-call anew, since people had stood down: {event.why}"
