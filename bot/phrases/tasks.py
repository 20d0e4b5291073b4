"""Open tasks, counted and named in one way wherever that is said."""

from __future__ import annotations

from datetime import datetime

from bot.incident.state import Incident, Task
from bot.phrases.marks import day_and_time
from bot.phrases.times import counted


def by_whom(task: Task) -> str:
    """Who does it, and by when: ``dana, by 2026-11-25 20:00 UTC``. Plain."""
    due = f"by {task.due:%Y-%m-%d %H:%M} UTC" if task.due else "no date"
    return f"{task.owner or 'NO OWNER'}, {due}"


def tasks_left(incident: Incident, now: datetime | None = None) -> str:
    """``6 tasks left, the first due Mon 20:00``: all that are open, as a phrase; empty where
    none is. With `now`, how many are overdue: ``6 tasks left, 2 overdue, the first since Mon 20:00``.
    """
    left = [task for task in incident.tasks.values() if task.open]
    if not left:
        return ""
    due = min((task.due for task in left if task.due is not None), default=None)
    if due is None:
        return f"{counted(len(left), 'task')} left"
    several, late = len(left) > 1, sum(task.due is not None and task.due < now for task in left) if now else 0
    if late:
        when = f"{late} *overdue*, the first since" if several else "*overdue* since"
    else:
        when = "the first due" if several else "due"
    return f"{counted(len(left), 'task')} left, {when} {day_and_time(due)}"
