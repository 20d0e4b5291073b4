"""What can be asked of steps and tasks."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.bounds import Due
from bot.incident.stored import stored


@stored("start-step")
@dataclass(frozen=True)
class StartStep:
    step: str
    seen: str = ""
    """Digest of the step as the button showed it; empty from the terminal."""


@stored("complete-step")
@dataclass(frozen=True)
class CompleteStep:
    step: str
    seen: str = ""


@stored("skip-step", text="reason")
@dataclass(frozen=True)
class SkipStep:
    step: str
    reason: str
    seen: str = ""


@stored("add-task", text="title")
@dataclass(frozen=True)
class AddTask:
    title: str
    owner: str
    due: Due | None = None
    step: str = "remediate"


@stored("change-task", text="reason")
@dataclass(frozen=True)
class ChangeTask:
    """Gives an open task to somebody else, or another time. Empty, or None: as it was. Only a later time than
    it had needs a reason.
    """

    task: str
    owner: str
    due: Due | None
    reason: str


@stored("finish-task")
@dataclass(frozen=True)
class FinishTask:
    task: str


@stored("decline-task", text="reason")
@dataclass(frozen=True)
class DeclineTask:
    task: str
    reason: str


StepsCommand = StartStep | CompleteStep | SkipStep | AddTask | ChangeTask | FinishTask | DeclineTask
