"""From what happened to a task to what the tracker is told."""

from __future__ import annotations

from collections.abc import Callable

from bot.incident import events as e
from bot.incident.state import Incident
from bot.incident.tracker.state import TaskNews
from bot.tracker.contract import Change, TaskTold


def task_told(incident: Incident, news: TaskNews, event: e.Event, safe: Callable[[str], str]) -> TaskTold:
    """The task as it is now, and what `event` made of it. `safe` takes secrets out of people's words."""
    task = incident.tasks[news.task]
    return TaskTold(
        key=f"{incident.id}:{news.seq}",
        change=_change(event),
        at=news.at,
        incident=incident.id,
        task=task.id,
        title=safe(task.title),
        owner=task.owner,
        due=task.due,
        step=task.step,
        reason=safe(task.reason) if task.reason else "",
    )


def _change(event: e.Event) -> Change:
    match event:
        case e.TaskAdded():
            return "made"
        case e.TaskDone():
            return "done"
        case e.TaskDeclined():
            return "declined"
        case _:
            return "changed"
