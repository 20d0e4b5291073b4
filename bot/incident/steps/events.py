"""What can have happened to steps and tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.stored import stored


@stored("step-started")
@dataclass(frozen=True)
class StepStarted:
    step: str
    v: int = 1


@stored("step-done")
@dataclass(frozen=True)
class StepDone:
    step: str
    v: int = 1


@stored("step-skipped")
@dataclass(frozen=True)
class StepSkipped:
    step: str
    reason: str
    v: int = 1


@stored("task-added")
@dataclass(frozen=True)
class TaskAdded:
    task: str
    title: str
    owner: str
    due: datetime | None = None
    step: str = ""
    v: int = 1


@stored("task-changed")
@dataclass(frozen=True)
class TaskChanged:
    """`owner` and `due` as they are from here on."""

    task: str
    owner: str
    due: datetime | None
    reason: str
    v: int = 1


@stored("task-done")
@dataclass(frozen=True)
class TaskDone:
    task: str
    v: int = 1


@stored("task-declined")
@dataclass(frozen=True)
class TaskDeclined:
    task: str
    reason: str
    v: int = 1


StepsByPerson = StepStarted | StepDone | StepSkipped | TaskAdded | TaskChanged | TaskDone | TaskDeclined
StepsEvent = StepsByPerson
