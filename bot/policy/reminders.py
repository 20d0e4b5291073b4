"""Whom to remind of which due rotations, and when: 14, 7 and 1 days before the date, then every day.

A person gets one message a day that has all of theirs in it. What was told is remembered for each of them, so that a
restart neither repeats it nor forgets it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.policy.due import DueRotation, DueState

AHEAD = (1, 7, 14)
"""Days before the due date, the nearest first."""


@dataclass(frozen=True)
class Told:
    """What one of those who are reminded was told last: on which day (theirs), and by ``environment/secret`` the stage
    that it had reached.
    """

    day: str = ""
    stages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reminder:
    """One message: all that is due or overdue of its reader's, the most pressing first. `news` are those for which it
    is sent; `told` is what is remembered once it is.
    """

    rotations: tuple[DueRotation, ...]
    news: tuple[str, ...]
    told: Told


def subject(rotation: DueRotation) -> str:
    """``production/openai-api-key``."""
    return f"{rotation.environment}/{rotation.secret}"


def stage_of(rotation: DueRotation, now: datetime, today: date) -> str:
    """What of it is to be told once, empty for nothing yet: another text for each due date, for each of the days before
    it, and for each day on which it is overdue. Of one whose age could not be asked nothing is told: it may be young.
    `today` is the day where its readers live.
    """
    if rotation.age.unasked:
        return ""
    if rotation.state is DueState.OVERDUE:
        return f"overdue {today.isoformat()}"
    if rotation.state is not DueState.SOON or rotation.due_at is None:
        return ""
    days = next((days for days in AHEAD if rotation.due_at - now <= timedelta(days=days)), None)
    return "" if days is None else f"{days} before {rotation.due_at.isoformat()}"


def reminder(rotations: Sequence[DueRotation], told: Told, now: datetime, today: date) -> Reminder | None:
    """What one person is to be told now of the rotations that are theirs; None if there is nothing new, or they have
    had today's message.
    """
    if told.day == today.isoformat():
        return None
    stages = {subject(each): stage for each in rotations if (stage := stage_of(each, now, today))}
    news = tuple(name for name, stage in stages.items() if told.stages.get(name) != stage)
    if not news:
        return None
    listed = tuple(each for each in rotations if subject(each) in stages)
    return Reminder(listed, news, Told(today.isoformat(), stages))
