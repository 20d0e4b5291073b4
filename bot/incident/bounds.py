"""The bounds of the times and lengths that people give: what lies outside of them is declined.

The types say which bound holds for a field of a command; they also refuse a time that has no offset, when it is read.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta

from bot.errors import Misuse
from bot.incident.refusals import Declined

LAST_TEN_YEARS = timedelta(days=3653)
CLOCK_SKEW = timedelta(minutes=5)
"""The clock of the sender may be ahead of ours by so much."""
YEAR = timedelta(days=365)
LONGEST_OVERLAP = timedelta(days=30)
"""The longest overlap of a planned rotation. After a leak the installation's timings apply."""

Past = Annotated[datetime, Meta(tz=True, title="a time in the last ten years")]
"""A time in the past in a command; `past` checks it."""
Due = Annotated[datetime, Meta(tz=True, title="a time in the future")]
"""A due time in a command; `due` checks it."""
Overlap = Annotated[float, Meta(title="the length of an overlap")]
"""An overlap in a command, in seconds; `demand_overlap` checks it."""


def past(at: datetime, now: datetime, what: str) -> datetime:
    """The time in UTC. Declined if it is more than five minutes after `now`, or ten years before it."""
    if at > now + CLOCK_SKEW:
        raise Declined(f"{what}: {_time(at)} is in the future. Enter a time in the past.")
    if at < now - LAST_TEN_YEARS:
        raise Declined(f"{what}: {_time(at)} is more than ten years ago. Check the year.")
    return at.astimezone(UTC)


def exposed(at: datetime, detected: datetime, now: datetime) -> datetime:
    """The start of the exposure of what was `detected` then, in UTC. Declined as by `past`, and if it is after the
    detection.
    """
    since = past(at, now, "Exposed since")
    if since > detected + CLOCK_SKEW:
        raise Declined("Exposed since: exposure must begin before it is noticed. Check both times.")
    return since


def due(at: datetime, now: datetime, what: str, within: timedelta = YEAR) -> datetime:
    """The time in UTC. Declined if it is not after `now`, or later than `within` from then."""
    if at <= now:
        raise Declined(f"{what}: {_time(at)} has passed. Enter a time in the future.")
    if at > now + within:
        raise Declined(f"{what}: {_time(at)} is too late. Enter a time within {within.days} days.")
    return at.astimezone(UTC)


def demand_overlap(length: float) -> None:
    """Misuse for any value other than a number of seconds above 0 and up to 30 days."""
    if not 0 < length <= LONGEST_OVERLAP.total_seconds():
        raise Misuse(f"Enter an overlap longer than zero and at most {LONGEST_OVERLAP.days} days.")


def _time(at: datetime) -> str:
    """As it was given, since the first and last of all years do not have each hour in UTC."""
    return f"{at:%Y-%m-%d %H:%M %Z}"
