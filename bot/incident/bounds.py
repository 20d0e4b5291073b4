"""The bounds of the times and lengths that people give: what lies outside of them is declined.

The types say which bound holds for a field of a command; they also refuse a time that has no offset, when it is read.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta

from bot.incident.refusals import Declined

LAST_TEN_YEARS = timedelta(days=3653)
CLOCK_SKEW = timedelta(minutes=5)
"""The clock of the sender may be ahead of ours by so much."""
YEAR = timedelta(days=365)
LONGEST_OVERLAP = timedelta(days=30)
"""Of a planned rotation. After a leak the overlap is that of the installation's timings: nobody names one."""

Past = Annotated[datetime, Meta(tz=True, title="a time in the last ten years")]
"""Of commands; `past` asks."""
Due = Annotated[datetime, Meta(tz=True, title="a time to come")]
"""Of commands; `due` asks."""
Overlap = Annotated[float, Meta(title="the length of an overlap")]
"""Of commands, in seconds; `demand_overlap` asks."""


def past(at: datetime, now: datetime, what: str) -> datetime:
    """The time in UTC. Declined if it is more than five minutes after `now`, or ten years before it."""
    if at > now + CLOCK_SKEW:
        raise Declined(f"{what}: {_time(at)} is still to come. Enter a time that has passed.")
    if at < now - LAST_TEN_YEARS:
        raise Declined(f"{what}: {_time(at)} is more than ten years ago. Check the year.")
    return at.astimezone(UTC)


def exposed(at: datetime, detected: datetime, now: datetime) -> datetime:
    """Since when what was `detected` then was exposed, in UTC. Declined as by `past`, and if it is the later one."""
    since = past(at, now, "Exposed since")
    if since > detected + CLOCK_SKEW:
        raise Declined("Exposed since: a leak begins before it is noticed. Check both times.")
    return since


def due(at: datetime, now: datetime, what: str, within: timedelta = YEAR) -> datetime:
    """The time in UTC. Declined if it is not after `now`, or later than `within` from then."""
    if at <= now:
        raise Declined(f"{what}: {_time(at)} has passed. Enter a time to come.")
    if at > now + within:
        raise Declined(f"{what}: {_time(at)} is too late. Enter a time within {within.days} days.")
    return at.astimezone(UTC)


def demand_overlap(length: float) -> None:
    """Declines what is no number of seconds above 0, or is more than 30 days."""
    if not 0 < length <= LONGEST_OVERLAP.total_seconds():
        raise Declined(f"The overlap is longer than nothing, and {LONGEST_OVERLAP.days} days at most.")


def _time(at: datetime) -> str:
    """As it was given, since the first and last of all years do not have each hour in UTC."""
    return f"{at:%Y-%m-%d %H:%M %Z}"
