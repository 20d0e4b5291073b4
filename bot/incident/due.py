"""What people owe by a time: steps, tasks, the law's decisions and notices. One list, for reminders and every face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.incident.clocks import REMINDED_BEFORE
from bot.incident.obligations.rules import NoticeClock, open_notices
from bot.incident.state import Incident
from bot.incident.steps.rules import waiting_steps


class DueKind(StrEnum):
    STEP = "step"
    TASK = "task"
    DECISION = "decision"
    NOTICE = "notice"
    LOOK = "look"
    """At what was decided to be no notice so far."""


@dataclass(frozen=True)
class Due:
    """Something that is not done: `subject` is the id of the step, task or obligation, `words` name it, `at` is UTC.
    `owner` is whose it is, where that is known; `legal`: a deadline of the law or of a contract.
    """

    kind: DueKind
    subject: str
    words: str
    at: datetime
    owner: str = ""
    legal: bool = False

    @property
    def key(self) -> str:
        """``task:t3``: names it for good."""
        return f"{self.kind}:{self.subject}"

    def overdue(self, now: datetime) -> bool:
        return self.at <= now


def dues(incident: Incident) -> tuple[Due, ...]:
    """All that has a time and is not done, the first due first. Legal ones outlast the close, and so do tasks."""
    found = [*_legal(incident), *_tasks(incident), *_steps(incident)]
    return tuple(sorted(found, key=lambda each: each.at))


def outlasting(incident: Incident) -> int:
    """How much people still owe although it is closed, with a time or without; 0 for an open one."""
    if incident.open:
        return 0
    legal = {each.subject for each in _legal(incident)} | {clock.obligation.id for clock in open_notices(incident)}
    return len(legal) + sum(task.open for task in incident.tasks.values())


def announced_at(incident: Incident, notice: Due) -> datetime:
    """When people are first reminded of a notice that is owed: while there is time to send it, unless that was decided
    on later.
    """
    first, decision = notice.at - REMINDED_BEFORE, incident.notices[notice.subject].decision
    return first if decision is not None and decision.by.at <= first else notice.at


def _legal(incident: Incident) -> Iterator[Due]:
    for clock in open_notices(incident):
        if clock.next_due is not None:
            obligation, legal = clock.obligation, clock.look is None
            kind = DueKind.LOOK if not legal else DueKind.NOTICE if clock.owed else DueKind.DECISION
            yield Due(kind, obligation.id, owed_words(clock), clock.next_due, obligation.decides, legal)


def owed_words(clock: NoticeClock) -> str:
    """What is to be done about an open notice, with a time or without."""
    title = f"“{clock.obligation.title}”"
    again = " again" if clock.look is not None else ""
    return f"send {title} to {clock.obligation.to}" if clock.owed else f"decide{again} on {title}"


def _tasks(incident: Incident) -> Iterator[Due]:
    for task in incident.tasks.values():
        if task.open and task.due is not None:
            yield Due(DueKind.TASK, task.id, task.title, task.due, task.owner)


def _steps(incident: Incident) -> Iterator[Due]:
    for step in waiting_steps(incident) if incident.open else ():
        if step.definition.within is not None:
            at = incident.declared.at + timedelta(seconds=step.definition.within)
            yield Due(DueKind.STEP, step.definition.id, step.definition.title, at)
