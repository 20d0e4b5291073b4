"""Due rotations as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.catalog.catalog import CatalogEntry
from bot.phrases.times import counted
from bot.planned.ages.due import HOW_WORDS, UNOWNED, DueRotation, DueState

HOW_TO = "At a terminal: `bot rotation policy --all` lists all, `bot rotate SECRET` starts one."
MOST = 15
"""Rotations that one message lists."""


def when(rotation: DueRotation, now: datetime) -> str:
    """``93 of 90 days, due 2026-11-24, 3 days ago``."""
    days, limit = rotation.age.days(now), rotation.rotate_after_days
    age = "age unknown" if days is None else counted(days, "day") if limit is None else f"{days} of {limit} days"
    if limit is None:
        return f"{age}, no age in its policy"
    if rotation.due_at is None:
        return age
    late = rotation.overdue_days(now)
    left = _left((rotation.due_at - now).days) if late is None else f"{counted(late, 'day')} ago"
    return f"{age}, due {rotation.due_at:%Y-%m-%d}, {left}"


def _left(days: int) -> str:
    return f"in {counted(days, 'day')}" if days else "within a day"


def line(rotation: DueRotation, now: datetime) -> str:
    """``production openai-api-key: OVERDUE, 93 of 90 days, due 2026-11-24, 3 days ago; by the bot, with overlap``."""
    name = f"{rotation.environment} {rotation.secret}"
    words = "; ".join([when(rotation, now), *nobodys(rotation), *put_off(rotation, now), HOW_WORDS[rotation.how]])
    return f"{name}: OVERDUE, {words}" if rotation.state is DueState.OVERDUE else f"{name}: {words}"


def by_people(entry: CatalogEntry) -> str:
    """Why its rotation does not begin by itself, as a clause; empty where the schedule begins it."""
    if entry.policy.rotate_after_days is None:
        return "nothing starts by itself: its policy has no age (rotate_after_days)"
    if not entry.window.text:
        return f"nothing starts by itself: no `when:` in the catalog; `bot rotate {entry.name} -e {entry.environment}`"
    return ""


def nobodys(rotation: DueRotation) -> list[str]:
    """The reason that it is overdue apart from its age, which `when` tells."""
    return [why for why in rotation.overdue_because if why == UNOWNED]


def put_off(rotation: DueRotation, now: datetime) -> list[str]:
    """Until when the catalog has the schedule wait, and why; empty once that day has come."""
    if rotation.not_before is None or rotation.not_before <= now:
        return []
    return [f"not before {rotation.not_before:%Y-%m-%d}: {rotation.put_off.rstrip('.')}"]


def message(rotations: Sequence[DueRotation], now: datetime, *, whose: str) -> str:
    """A whole reminder, in plain lines. `whose` says whose rotations they are: ``yours``."""
    overdue = sum(each.state is DueState.OVERDUE for each in rotations)
    late = f", {overdue} of them overdue" if overdue else ""
    more = [f"… and {len(rotations) - MOST} more"] if len(rotations) > MOST else []
    return "\n".join([
        f"🔁 Due for rotation{late} ({whose}):",
        *(f"• {line(each, now)}" for each in rotations[:MOST]),
        *more,
        HOW_TO,
    ])  # fmt: skip
