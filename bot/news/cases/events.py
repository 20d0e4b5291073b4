"""What can have happened to alerts, and the names under which their log holds that for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.stored import stored
from bot.news.cases.state import Outcome, Report, Value


@stored("alert-matched")
@dataclass(frozen=True)
class Matched:
    """The report holds a value of ours: the first one of this case."""

    case: int
    report: Report
    value: Value
    auto: bool = False
    v: int = 1


@stored("alert-seen-again")
@dataclass(frozen=True)
class SeenAgain:
    """Another report of a value that has a case, or a known one that more can read now."""

    case: int
    report: Report
    v: int = 1


@stored("alert-unmatched")
@dataclass(frozen=True)
class Unmatched:
    """The report holds no value that is known here, or an admin credential, known by its `fingerprint`: somebody is to
    look at it. `unread` are parameters that could not be read then, with whose values it was not compared; `cut`: only
    its first part was compared; `partly`: whatever else it holds is known.
    """

    case: int
    report: Report
    owner: str
    due: datetime
    credential: bool = False
    unread: tuple[str, ...] = ()
    fingerprint: str = ""
    partly: bool = False
    cut: bool = False
    v: int = 1


@stored("alert-compared-again")
@dataclass(frozen=True)
class ComparedAgain:
    """The case was compared with what could not be read before, but for `unread`, and is still none of ours. `cut`: of
    its text only the first part.
    """

    case: int
    unread: tuple[str, ...] = ()
    cut: bool = False
    v: int = 1


@stored("alert-noted")
@dataclass(frozen=True)
class Noted:
    """The report needs nobody's decision."""

    report: Report
    outcome: Outcome
    value: Value | None = None
    incident: str = ""
    words: str = ""
    v: int = 1


@stored("alert-declared")
@dataclass(frozen=True)
class DeclaredOf:
    """An incident deals with the case's value."""

    case: int
    incident: str
    v: int = 1


@stored("alert-harmless")
@dataclass(frozen=True)
class CalledHarmless:
    case: int
    because: str
    until: datetime
    v: int = 1


@stored("alert-asked-again")
@dataclass(frozen=True)
class AskedAgain:
    """The time for which the value was called harmless is over."""

    case: int
    v: int = 1


@stored("triage-ended")
@dataclass(frozen=True)
class TriageEnded:
    """A person has ended it, or, where `own` names another case, its value turned out to be that one's."""

    case: int
    because: str
    own: int = 0
    v: int = 1


@stored("triage-overdue")
@dataclass(frozen=True)
class TriageOverdue:
    case: int
    v: int = 1


@stored("alert-written-back")
@dataclass(frozen=True)
class WrittenBack:
    """The source was told that what this report holds is revoked, on the proof in `incident`: of several values in
    several, with commas.
    """

    key: str
    incident: str
    v: int = 1


AlertEvent = (
    Matched
    | SeenAgain
    | Unmatched
    | ComparedAgain
    | Noted
    | DeclaredOf
    | CalledHarmless
    | AskedAgain
    | TriageEnded
    | TriageOverdue
    | WrittenBack
)
