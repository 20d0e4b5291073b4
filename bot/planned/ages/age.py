"""How old a secret's value is, and what that counts from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DAY = timedelta(days=1)
"""A day of an age is 24 hours, regardless of clock changes."""


class CountsFrom(StrEnum):
    """The start of an age, the most reliable kind first."""

    ROTATION = "rotation"
    VERSION = "version"
    CREATION = "creation"
    UNKNOWN = "unknown"


WORDS = {
    CountsFrom.ROTATION: "last proven rotation",
    CountsFrom.VERSION: "parameter last written",
    CountsFrom.CREATION: "created at its provider",
    CountsFrom.UNKNOWN: "unknown",
}


@dataclass(frozen=True)
class Age:
    """`since` is UTC, None if unknown. `incident` is the run or incident that proved the rotation; `missing` says in
    clauses what could not be asked.
    """

    counts_from: CountsFrom = CountsFrom.UNKNOWN
    since: datetime | None = None
    incident: str = ""
    missing: tuple[str, ...] = ()

    def days(self, now: datetime) -> int | None:
        """Whole days; 0 for a clock that runs ahead."""
        return None if self.since is None else max((now - self.since) // DAY, 0)

    @property
    def unasked(self) -> str:
        """Why the age could not be asked, as a clause; empty if it is known, or all were asked without an answer."""
        return "; ".join(self.missing) if self.since is None else ""

    @property
    def words(self) -> str:
        """``last proven rotation (inc_ab12cd)``."""
        return f"{WORDS[self.counts_from]} ({self.incident})" if self.incident else WORDS[self.counts_from]


@dataclass(frozen=True)
class Proven:
    """A proven rotation: the new key in use since `at` (UTC), the old one dead."""

    at: datetime
    incident: str


@dataclass(frozen=True)
class LastResult:
    """The result of the last run or incident about a secret. `unconfirmed`: it has ended without any consumer's
    confirmation of the new key.
    """

    incident: str
    at: datetime
    words: str
    unconfirmed: bool = False


@dataclass(frozen=True)
class History:
    """The log's history of one secret in one environment. `in_place_at` is the last time when a new key was put in
    place whose predecessor is dead by now, confirmed or not. For an unproven rotation since then: `version` is the
    replaced value's, from which the age still counts; `left`, as a clause, names the person who has left and may know
    the value.
    """

    proven: Proven | None = None
    last: LastResult | None = None
    in_place_at: datetime | None = None
    version: int | None = None
    left: str = ""


def age_of(history: History, written: datetime | None, created: datetime | None, missing: tuple[str, ...] = ()) -> Age:
    """The age by the surest of the three: the last proven rotation, else when the parameter was last written, else
    when the provider made the key; unknown if none of them is known.
    """
    if history.proven is not None:
        return Age(CountsFrom.ROTATION, history.proven.at, history.proven.incident, missing)
    if written is not None:
        return Age(CountsFrom.VERSION, written, missing=missing)
    if created is not None:
        return Age(CountsFrom.CREATION, created, missing=missing)
    return Age(missing=missing)
