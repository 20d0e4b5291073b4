"""Telling a tracker of tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bot.incident import events as e
from bot.incident.state import Incident, TaskNews

type Change = Literal["made", "changed", "done", "declined"]


@dataclass(frozen=True)
class TaskTold:
    """A task as the tracker is told of it, without anything of the secret. `key` is the same however often it is sent.
    `title` and `reason` are people's words, gated as a report is; times are UTC.
    """

    key: str
    change: Change
    at: datetime
    incident: str
    task: str
    title: str
    owner: str
    due: datetime | None
    step: str
    reason: str = ""


class Tracker(Protocol):
    """Errors: Throttled, Unauthorized, Missing, Refused, Unreachable, Unexpected."""

    def tell(self, told: TaskTold) -> None:
        """Tells it once; told again under the same key, it knows that."""


# From what happened to a task to what the tracker is told.


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
