"""How many tasks are open, counted in one way wherever that is said."""

from __future__ import annotations

from bot.incident.state import Incident
from bot.phrases.marks import day_and_time
from bot.phrases.times import counted


def tasks_left(incident: Incident) -> str:
    """``6 tasks left, the first due Mon 20:00``: all that are open, whatever they stand for, as a phrase; empty where
    none is.
    """
    left = [task for task in incident.tasks.values() if task.open]
    if not left:
        return ""
    due = min((task.due for task in left if task.due is not None), default=None)
    first = "" if due is None else f", {'the first ' if len(left) > 1 else ''}due {day_and_time(due)}"
    return f"{counted(len(left), 'task')} left{first}"
