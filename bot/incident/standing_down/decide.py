"""Decisions on standing down."""

from __future__ import annotations

from datetime import datetime

from bot.incident import events as e
from bot.incident.asked import Asked, Events
from bot.incident.closing.open_items import TASK, OpenItem, acceptable
from bot.incident.hours import working_day_end
from bot.incident.refusals import Declined, clean, demand_open, demand_responder
from bot.incident.standing_down.commands import StandingDownCommand
from bot.incident.standing_down.rules import unready
from bot.incident.state import Incident


def decide(incident: Incident, body: StandingDownCommand, asked: Asked) -> Events:
    demand_responder(incident, asked.actor)
    demand_open(incident)
    if incident.stood_down is not None:
        raise Declined(f"{incident.stood_down.by.name} stood down already. Nothing was changed.")
    if reasons := unready(incident):
        raise Declined(f"Nobody stands down yet: {'; '.join(reasons)}.")
    owner = clean(body.owner, "owner") if body.owner.strip() else asked.actor.name
    return (*tasks_of_the_day(incident, owner, asked.at), e.StoodDown())


def tasks_of_the_day(incident: Incident, owner: str, at: datetime) -> list[e.TaskAdded]:
    """One for each thing that is open and is no task yet, due when the next working day ends, or when the law says."""
    have = {task.item for task in incident.tasks.values() if task.open}
    left = [item for item in acceptable(incident) if not item.key.startswith(f"{TASK}:") and item.key not in have]
    end, first = working_day_end(incident.timings, at), len(incident.tasks) + 1
    return [
        e.TaskAdded(f"t{number}", _title(item, at), owner, _due(item.due, end, at), item=item.key)
        for number, item in enumerate(left, start=first)
    ]


def _title(item: OpenItem, at: datetime) -> str:
    """The task has a time of its own: its title names the law's only where that is over."""
    if not item.untimed:
        return item.words
    over = item.due is not None and item.due <= at
    return f"{item.untimed}, overdue since {item.due:%Y-%m-%d %H:%M} UTC" if over else item.untimed


def _due(law: datetime | None, end: datetime, at: datetime) -> datetime:
    return min(law, end) if law is not None and law > at else end
