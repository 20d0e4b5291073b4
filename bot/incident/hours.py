"""Day and night where the responders live: when people may be reminded, and by when a task of the day is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.model.timings import Timings

FRIDAY = 4
"""The last working day of the week, as `weekday` counts."""


def is_day(timings: Timings, at: datetime) -> bool:
    """Whether it is day there, on any day of the week."""
    local = at.astimezone(_zone(timings.time_zone))
    return _clock(timings.day_from) <= local.time() < _clock(timings.day_until)


def day_of(timings: Timings, at: datetime) -> date:
    """Which day it is there."""
    return at.astimezone(_zone(timings.time_zone)).date()


def by_day(timings: Timings, at: datetime) -> datetime:
    """`at` (UTC), or where that is in the night the next morning."""
    if is_day(timings, at):
        return at
    local = at.astimezone(_zone(timings.time_zone))
    later = local.time() >= _clock(timings.day_from)
    return _on(timings, local, 1 if later else 0, timings.day_from)


def working_day_end(timings: Timings, at: datetime) -> datetime:
    """When the next working day ends that has not begun yet: by then, what was put off in the night is done."""
    local = at.astimezone(_zone(timings.time_zone))
    days = 0 if local.time() < _clock(timings.day_from) else 1
    while (local + timedelta(days=days)).weekday() > FRIDAY:
        days += 1
    return _on(timings, local, days, timings.day_until)


def _on(timings: Timings, local: datetime, days: int, seconds: float) -> datetime:
    """That time by the clock on the wall, so many days later: a day of 23 or 25 hours counts as one."""
    date = (local + timedelta(days=days)).date()
    return datetime.combine(date, _clock(seconds), _zone(timings.time_zone)).astimezone(UTC)


def _clock(seconds: float) -> time:
    minutes = int(seconds) // 60
    return time(minutes // 60, minutes % 60)


@lru_cache
def _zone(name: str) -> ZoneInfo:
    """The data of `tzdata` are installed with the program: each zone that a setting could name is there."""
    return ZoneInfo(name)
