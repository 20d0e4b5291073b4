"""The state of alerts: cases that people decide about, and reports that were only recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Stage(StrEnum):
    """Where a case is."""

    PROPOSED = "proposed"
    """A value of ours: a person declares it, or calls it harmless."""
    DECLARED = "declared"
    HARMLESS = "harmless"
    TRIAGE = "triage"
    """An unknown value: a person finds out whose it is."""
    ENDED = "ended"


UNDECIDED = frozenset({Stage.PROPOSED, Stage.TRIAGE})
BY_ITSELF = timedelta(minutes=2)
"""The time by which an immediate declaration has happened; then a person must decide."""


class Outcome(StrEnum):
    """Why a report needs no decision."""

    DEAD = "dead"
    BY_DESIGN = "public-by-design"
    IN_INCIDENT = "in-incident"
    ENDED = "ended-at-source"


@dataclass(frozen=True)
class Report:
    """One alert of one source. `ref` names it there (``acme/app#7``), `label` is the source's type of the value,
    `where` a place in words, `link` the page for people, built by us. `since` is the latest time at which it was there.
    """

    source: str
    ref: str
    label: str = ""
    where: str = ""
    link: str = ""
    public: bool = True
    since: datetime | None = None

    @property
    def key(self) -> str:
        """Under which it is known here."""
        return f"{self.source}:{self.ref}"


@dataclass(frozen=True)
class Value:
    """Exactly one value, without it: its secret, where, and which version of its parameter."""

    secret: str
    environment: str
    fingerprint: str
    version: int | None = None
    current: bool = True


@dataclass(frozen=True)
class Case:
    """One value, or one alert without a value of ours. `owner` and `due` belong to a triage."""

    number: int
    stage: Stage
    opened_at: datetime
    reports: tuple[Report, ...]
    value: Value | None = None
    auto: bool = False
    """It is declared without waiting for a person."""
    incident: str = ""
    because: str = ""
    by: str = ""
    until: datetime | None = None
    owner: str = ""
    due: datetime | None = None
    overdue: bool = False
    credential: bool = False
    """Whether it is an admin credential, or one of the bot's own, regardless of the rest of its alert."""
    unread: tuple[str, ...] = ()
    """Parameters with values that were not compared yet, because they could not be read."""

    @property
    def public(self) -> bool:
        return any(report.public for report in self.reports)

    @property
    def since(self) -> datetime | None:
        """The earliest time that any of its reports knows of."""
        return min((report.since for report in self.reports if report.since is not None), default=None)

    @property
    def undecided(self) -> bool:
        return self.stage in UNDECIDED

    def declares_itself(self, now: datetime) -> bool:
        """Whether it needs no person: an immediate declaration comes soon, or was refused."""
        return self.auto and now - self.opened_at < BY_ITSELF


@dataclass(frozen=True)
class Recorded:
    """A report that led to no case."""

    report: Report
    outcome: Outcome
    value: Value | None = None
    incident: str = ""


@dataclass(frozen=True)
class Alerts:
    """All reports.

    An alert may hold several values. The record of each is under the report's key and the value's fingerprint. Under an
    empty fingerprint is the record of unknown values: that they are unknown, were not compared with everything, or are
    closed. An admin credential has its own fingerprint.
    """

    cases: Mapping[int, Case] = field(default_factory=dict)
    reports: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The case by a report's key and a fingerprint; 0 for a report that was only recorded."""
    values: Mapping[str, int] = field(default_factory=dict)
    """By fingerprint the case of a value."""
    recorded: Mapping[str, Mapping[str, Recorded]] = field(default_factory=dict)
    """By a report's key and a fingerprint."""

    @property
    def undecided(self) -> tuple[Case, ...]:
        """The cases that wait for a person, values of ours first, then in order of arrival."""
        waiting = [case for case in self.cases.values() if case.undecided]
        return tuple(sorted(waiting, key=lambda case: (case.stage is not Stage.PROPOSED, case.number)))

    @property
    def next_number(self) -> int:
        return max(self.cases, default=0) + 1

    def case_of(self, key: str, fingerprint: str = "") -> Case | None:
        """The case of one value or admin credential of a report, or of that none of its values is known."""
        return self.cases.get(self.reports.get(key, {}).get(fingerprint, 0))

    def cases_of(self, key: str) -> list[Case]:
        """The cases of everything in a report."""
        return [self.cases[number] for number in self.reports.get(key, {}).values() if number]

    def over(self, key: str) -> bool:
        """Whether its source has said last that it is over."""
        said = self.recorded.get(key, {}).get("")
        return said is not None and said.outcome is Outcome.ENDED

    @property
    def all_recorded(self) -> Iterator[Recorded]:
        for by_value in self.recorded.values():
            yield from by_value.values()

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome is outcome for one in self.all_recorded)


# What a worker finds out about a report: whose value it holds, and whether that is dealt with.


@dataclass(frozen=True)
class Ours:
    """A value of the catalog without an incident. `auto`: declare it at once."""

    value: Value
    auto: bool = False


@dataclass(frozen=True)
class Settled:
    """No decision is needed. Only a report that its source closed, with these `words`, has no value. `incident` deals
    with the value's secret, or has revoked it.
    """

    outcome: Outcome
    value: Value | None = None
    incident: str = ""
    words: str = ""


@dataclass(frozen=True)
class Stranger:
    """No known value: `owner` finds out whose it is, before `due`. `credential`: it is an admin credential or one of
    the bot's own, which no declaration can name; `fingerprint` distinguishes it. `unread` are parameters that could not
    be read, so that their values were not compared. `ended` has the source's words if it was closed there.
    """

    owner: str
    due: datetime
    credential: bool = False
    unread: tuple[str, ...] = ()
    ended: str = ""
    fingerprint: str = ""


Verdict = Ours | Settled | Stranger
