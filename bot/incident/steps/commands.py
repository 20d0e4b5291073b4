"""What can be asked of steps and tasks."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.bounds import Due
from bot.incident.stored import stored
from bot.model.fields import Digest, Known, Name, Person, Words


@stored("start-step")
@dataclass(frozen=True)
class StartStep:
    step: Name
    seen: Digest = ""
    """Digest of the step as the button showed it; empty from the terminal."""


@stored("complete-step")
@dataclass(frozen=True)
class CompleteStep:
    step: Name
    seen: Digest = ""


@stored("skip-step", text="reason")
@dataclass(frozen=True)
class SkipStep:
    step: Name
    reason: Words
    seen: Digest = ""


@stored("add-task", text="title")
@dataclass(frozen=True)
class AddTask:
    title: Words
    owner: Person
    due: Due | None = None
    step: Name = "remediate"


@stored("change-task", text="reason")
@dataclass(frozen=True)
class ChangeTask:
    """Gives an open task to somebody else, or another time. Empty, or None: as it was. Only a later time than
    it had needs a reason.
    """

    task: Known
    owner: Person
    due: Due | None
    reason: Words


@stored("finish-task")
@dataclass(frozen=True)
class FinishTask:
    task: Known


@stored("decline-task", text="reason")
@dataclass(frozen=True)
class DeclineTask:
    task: Known
    reason: Words


StepsCommand = StartStep | CompleteStep | SkipStep | AddTask | ChangeTask | FinishTask | DeclineTask
