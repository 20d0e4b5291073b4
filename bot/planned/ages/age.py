"""How old a secret's value is, and what that counts from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DAY = timedelta(days=1)
"""A day of an age is 24 hours, whatever a clock on a wall does in it."""


class CountsFrom(StrEnum):
    """What an age counts from, the surest first."""

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
    """`since` is UTC, None where nobody knows. `incident` is the run or incident that proved the rotation; `missing`
    says in clauses what could not be asked.
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
        """What kept it from being known, as a clause; empty where it is known, or all were asked and nobody knows."""
        return "; ".join(self.missing) if self.since is None else ""

    @property
    def words(self) -> str:
        """``last proven rotation (inc_ab12cd)``."""
        return f"{WORDS[self.counts_from]} ({self.incident})" if self.incident else WORDS[self.counts_from]


@dataclass(frozen=True)
class Proven:
    """A rotation that was proven: the new value live since `at` (UTC), the old one dead."""

    at: datetime
    incident: str


@dataclass(frozen=True)
class LastResult:
    """What came of the last run or incident that dealt with a secret. `unconfirmed`: it has ended, and no consumer has
    confirmed the new value.
    """

    incident: str
    at: datetime
    words: str
    unconfirmed: bool = False


@dataclass(frozen=True)
class History:
    """What the log says of one secret in one environment. `in_place_at` is when a new value was last put in place whose
    predecessor is dead by now, confirmed or not. Of what is not proven since: `version` is the one of the value that
    was replaced, by which the age counts on; `left`, as a clause, who has left and may know the value.
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
