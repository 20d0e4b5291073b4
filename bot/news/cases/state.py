"""What is known of alerts: cases that people decide about, and what was only recorded."""

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
    """No value that we know: a person finds out whose it is."""
    ENDED = "ended"


UNDECIDED = frozenset({Stage.PROPOSED, Stage.TRIAGE})
BY_ITSELF = timedelta(minutes=2)
"""What is declared at once is declared by then, or somebody has to."""


class Outcome(StrEnum):
    """Why a report needs nobody's decision."""

    DEAD = "dead"
    BY_DESIGN = "public-by-design"
    IN_INCIDENT = "in-incident"
    ENDED = "ended-at-source"


@dataclass(frozen=True)
class Report:
    """One alert of one source. `ref` names it there (``acme/app#7``), `label` what its source takes the value for,
    `where` a place in words, `link` the page for people, built by us. `since` is when it stood there at the latest.
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
    """One value, or one alert that holds none of ours. `owner` and `due` are those of a triage."""

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
    """It is an admin credential, or one of the bot's own: whatever else its alert holds says nothing of it."""
    unread: tuple[str, ...] = ()
    """Parameters with whose values it was not compared yet: they could not be read."""
    partly: bool = False
    """It is there only for what could not be compared: whatever else its alert holds is known."""
    cut: bool = False
    """Only the first part of its text was compared: it is too long."""

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
        """Whether nobody has to: what is declared at once is declared soon, or it was refused."""
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
    """Everything that was reported.

    An alert may hold several values. What is known of each stands under the report's key and the value's fingerprint;
    under an empty one what is known of none of ours: that nobody knows it, that it was not compared with all, that it
    is over. An admin credential stands under its own.
    """

    cases: Mapping[int, Case] = field(default_factory=dict)
    reports: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By a report's key and a fingerprint the case; 0 for what was only recorded."""
    values: Mapping[str, int] = field(default_factory=dict)
    """By fingerprint the case of a value."""
    recorded: Mapping[str, Mapping[str, Recorded]] = field(default_factory=dict)
    """By a report's key and a fingerprint."""

    @property
    def undecided(self) -> tuple[Case, ...]:
        """Those that wait for a person, values of ours first, then as they came."""
        waiting = [case for case in self.cases.values() if case.undecided]
        return tuple(sorted(waiting, key=lambda case: (case.stage is not Stage.PROPOSED, case.number)))

    @property
    def next_number(self) -> int:
        return max(self.cases, default=0) + 1

    def case_of(self, key: str, fingerprint: str = "") -> Case | None:
        """The case of one value or admin credential of a report, or of that none of its values is known."""
        return self.cases.get(self.reports.get(key, {}).get(fingerprint, 0))

    def cases_of(self, key: str) -> list[Case]:
        """Those of all that a report holds."""
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
    """A value of the catalog that nobody deals with. `auto`: it is to be declared at once."""

    value: Value
    auto: bool = False


@dataclass(frozen=True)
class Settled:
    """Nobody has to decide. Only what is over at its source, with these `words`, has no value. `incident` deals with
    the value's secret, or has ended it.
    """

    outcome: Outcome
    value: Value | None = None
    incident: str = ""
    words: str = ""


@dataclass(frozen=True)
class Stranger:
    """No value that is known here: `owner` is to find out whose it is, before `due`. `credential`: it is an admin
    credential or one of the bot's own, which no declaration can name; `fingerprint` tells it from others. `unread` are
    parameters that could not be read just then, whose values it was not compared with; `cut`: it is so long that only
    its first part was compared; `partly`: beside what is known of it, another value may stand in it for that. `ended`
    is what its source said then, if it is over there.
    """

    owner: str
    due: datetime
    credential: bool = False
    unread: tuple[str, ...] = ()
    ended: str = ""
    fingerprint: str = ""
    partly: bool = False
    cut: bool = False


Verdict = Ours | Settled | Stranger
