"""What people owe by a time: steps, tasks, the law's decisions and notices, reviews of broken glass. One list, for
reminders and every face.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.incident.clocks import REMINDED_BEFORE
from bot.incident.obligations.rules import NoticeClock, open_notices
from bot.incident.state import Incident, Notice
from bot.incident.steps.rules import waiting_steps


class DueKind(StrEnum):
    STEP = "step"
    TASK = "task"
    DECISION = "decision"
    NOTICE = "notice"
    LOOK = "look"
    """Another decision on a notice that was not required so far."""
    REVIEW = "review"
    """Another person's look at why the glass was broken."""


REVIEW_WITHIN = timedelta(hours=24)
"""Within this, another person looks at why the glass was broken."""


@dataclass(frozen=True)
class Due:
    """An open duty. `subject` is the id of the step, task or obligation, or the keys of a review; `words` name it, `at`
    is UTC. `owner` is the person, if known; `legal`: a deadline of the law or of a contract.
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
    """All open duties with a time, the first due first. All but steps continue after the close."""
    found = [*_legal(incident), *_tasks(incident), *_steps(incident), *_reviews(incident)]
    return tuple(sorted(found, key=lambda each: each.at))


def outlasting(incident: Incident) -> int:
    """How much people still owe although it is closed, with a time or without; 0 for an open one."""
    if incident.open:
        return 0
    legal = {each.subject for each in _legal(incident)} | {clock.obligation.id for clock in open_notices(incident)}
    return len(legal) + sum(task.open for task in incident.tasks.values())


def announced_at(incident: Incident, legal: Due) -> datetime:
    """When people are first reminded of a decision or a notice of the law: while there is time, unless a notice was
    decided on later.
    """
    first, notice = legal.at - REMINDED_BEFORE, incident.notices.get(legal.subject, Notice())
    late = legal.kind is DueKind.NOTICE and (notice.decision is None or notice.decision.by.at > first)
    return legal.at if late else first


def _legal(incident: Incident) -> Iterator[Due]:
    for clock in open_notices(incident):
        if clock.next_due is not None:
            obligation, legal = clock.obligation, clock.look is None
            kind = DueKind.LOOK if not legal else DueKind.NOTICE if clock.owed else DueKind.DECISION
            yield Due(kind, obligation.id, owed_words(clock), clock.next_due, obligation.decides, legal)


def owed_words(clock: NoticeClock) -> str:
    """What to do about an open notice, with a time or without."""
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


def _reviews(incident: Incident) -> Iterator[Due]:
    """One for all keys for which the glass was broken at once."""
    broken: dict[datetime, list[str]] = {}
    for secret in incident.secrets.values():
        if secret.broken is not None and secret.reviewers_missing:
            broken.setdefault(secret.broken.at, []).append(secret.name)
    for at, names in broken.items():
        words = f"review the glass broken for {', '.join(names)}"
        yield Due(DueKind.REVIEW, "+".join(names), words, at + REVIEW_WITHIN)
