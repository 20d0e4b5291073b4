"""What people owe by a time: steps, tasks, the law's decisions and notices. One list, for reminders and every face."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.incident.clocks import REMINDED_BEFORE, notification
from bot.incident.obligations.rules import NoticeClock, notice_item, open_notices
from bot.incident.state import Incident
from bot.incident.steps.rules import waiting_steps

SOON = timedelta(hours=1)
"""What is due within it is told as soon due."""


class DueKind(StrEnum):
    STEP = "step"
    TASK = "task"
    DECISION = "decision"
    NOTICE = "notice"


@dataclass(frozen=True)
class Due:
    """Something that is not done: `subject` is the id of the step, task or obligation, `words` name it, `at` is UTC.
    `owner` is whose it is, where that is known; `legal`: a deadline of the law or of a contract. `told_at`: when people
    were last told of the deadline that a task stands for, where that came after the task was due.
    """

    kind: DueKind
    subject: str
    words: str
    at: datetime
    owner: str = ""
    legal: bool = False
    told_at: datetime | None = None

    @property
    def key(self) -> str:
        """``task:t3``: names it for good."""
        return f"{self.kind}:{self.subject}"

    def overdue(self, now: datetime) -> bool:
        return self.at <= now


def due(incident: Incident, now: datetime, soon: timedelta = SOON) -> tuple[Due, ...]:
    """What is overdue at `now` or due within `soon`, the most overdue first."""
    return tuple(each for each in dues(incident) if each.at <= now + soon)


def dues(incident: Incident) -> tuple[Due, ...]:
    """All that has a time and is not done, the first due first. Legal ones outlast the close, and so do tasks.

    A task that stands for a deadline of the law is one thing with it: it is here where it is due before people are told
    of that, and until they are; and again once they have been told that the time to decide has run out.
    """
    legal = {item_of(incident, each): each for each in _legal(incident)}
    found = [*legal.values(), *_tasks(incident, legal), *_steps(incident)]
    return tuple(sorted(found, key=lambda each: each.at))


def outlasting(incident: Incident) -> int:
    """How much people still owe although it is closed, with a time or without; 0 for an open one."""
    if incident.open:
        return 0
    items = {item_of(incident, each) for each in _legal(incident)}
    items |= {notice_item(clock.obligation.id) for clock in open_notices(incident)}
    return len(items) + sum(task.open and task.item not in items for task in incident.tasks.values())


def item_of(incident: Incident, legal: Due) -> str:
    """The key of the open item that it is."""
    return notice_item(legal.subject) if incident.obligations else legal.subject


def deadline_of(incident: Incident, each: Due) -> Due | None:
    """The deadline of the law or of a contract for which a task stands; None for all else."""
    task = incident.tasks.get(each.subject) if each.kind is DueKind.TASK else None
    if task is None or not task.item:
        return None
    return next((legal for legal in _legal(incident) if item_of(incident, legal) == task.item), None)


def _comes_first(incident: Incident, legal: Due, at: datetime) -> bool:
    """Whether people are told of a deadline by then, or have been told of it already and are told of it again."""
    if legal.kind is DueKind.DECISION:
        told = legal.at in incident.reminders or legal.at - REMINDED_BEFORE <= at
        return told and not _over(incident, legal)
    last, first = incident.reminded.get(legal.key), announced_at(incident, legal)
    return (last is not None and last.at >= first) or first <= at


def announced_at(incident: Incident, notice: Due) -> datetime:
    """When people are first reminded of a notice that is owed: while there is time to send it, unless that was decided
    on later.
    """
    first, decision = notice.at - REMINDED_BEFORE, incident.notices[notice.subject].decision
    return first if decision is not None and decision.by.at <= first else notice.at


def _over(incident: Incident, legal: Due) -> bool:
    """Whether people were told that the time to decide has run out: then the task that stands for it, once it is due,
    is what they are reminded of.
    """
    last = incident.reminders.get(legal.at) if legal.kind is DueKind.DECISION else None
    return last is not None and last.over > 0


def _legal(incident: Incident) -> Iterator[Due]:
    for clock in open_notices(incident):
        if clock.next_due is not None:
            obligation, kind = clock.obligation, DueKind.NOTICE if clock.owed else DueKind.DECISION
            yield Due(kind, obligation.id, owed_words(clock), clock.next_due, obligation.decides, legal=True)
    single = notification(incident) if not incident.obligations else None
    if single is not None and single.decided is None:
        yield Due(DueKind.DECISION, "notification", "decide on notification", single.due, legal=True)


def owed_words(clock: NoticeClock) -> str:
    """What is to be done about an open notice, with a time or without."""
    title = f"“{clock.obligation.title}”"
    return f"send {title} to {clock.obligation.to}" if clock.owed else f"decide on {title}"


def _tasks(incident: Incident, legal: Mapping[str, Due]) -> Iterator[Due]:
    for task in incident.tasks.values():
        if not task.open or task.due is None:
            continue
        law = legal.get(task.item)
        if law is None or not _comes_first(incident, law, task.due):
            told_at = law.at if law is not None and law.at >= task.due and _over(incident, law) else None
            yield Due(DueKind.TASK, task.id, task.title, task.due, task.owner, told_at=told_at)


def _steps(incident: Incident) -> Iterator[Due]:
    for step in waiting_steps(incident) if incident.open else ():
        if step.definition.within is not None:
            at = incident.declared.at + timedelta(seconds=step.definition.within)
            yield Due(DueKind.STEP, step.definition.id, step.definition.title, at)
