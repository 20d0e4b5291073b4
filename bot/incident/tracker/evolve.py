"""How what the tracker has to be told changes."""

from __future__ import annotations

from bot.incident import events as e
from bot.incident.changes import replace
from bot.incident.model import By
from bot.incident.state import Incident
from bot.incident.tracker.events import TrackerEvent
from bot.incident.tracker.state import TaskNews


def evolve(incident: Incident, event: TrackerEvent) -> Incident:
    left = () if event.gone else tuple(each for each in incident.tracker.news if each.seq != event.seq)
    return replace(incident, tracker=replace(incident.tracker, news=left))


def noted(incident: Incident, event: e.StepsEvent, by: By, seq: int) -> Incident:
    """An event about a task is news for the tracker, where there is one."""
    task = getattr(event, "task", "")
    if not task or not incident.playbook.tracker:
        return incident
    news = (*incident.tracker.news, TaskNews(seq, task, by.at))
    return replace(incident, tracker=replace(incident.tracker, news=news))
