"""What is known of steps and tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import By, StepState
from bot.model.playbooks import PlaybookStep


@dataclass(frozen=True)
class Step:
    definition: PlaybookStep
    state: StepState = StepState.WAITING
    started: By | None = None
    ended: By | None = None
    reason: str = ""

    @property
    def over(self) -> bool:
        return self.state in {StepState.DONE, StepState.SKIPPED}


@dataclass(frozen=True)
class Task:
    id: str
    title: str
    owner: str
    due: datetime | None
    step: str
    added: By
    done: By | None = None
    declined: By | None = None
    reason: str = ""

    @property
    def open(self) -> bool:
        return self.done is None and self.declined is None

    @property
    def goes_on(self) -> bool:
        """Whether it is open, and somebody does it by a time: its step need not wait for it."""
        return self.open and bool(self.owner) and self.due is not None
