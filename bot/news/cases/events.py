"""The events of alerts, with their permanent names in the log."""

from __future__ import annotations

from datetime import datetime

from bot.incident.stored import Fact
from bot.news.cases.state import Outcome, Report, Value


class Matched(Fact, stored="alert-matched"):
    """The report holds a value of ours: the first one of this case."""

    case: int
    report: Report
    value: Value
    auto: bool = False


class SeenAgain(Fact, stored="alert-seen-again"):
    """Another report of a value that has a case, or a known one that more can read now."""

    case: int
    report: Report


class Unmatched(Fact, stored="alert-unmatched"):
    """The report holds no known value, or an admin credential, known by its `fingerprint`: a person must look at it.
    `unread` are parameters that could not be read, so that their values were not compared.
    """

    case: int
    report: Report
    owner: str
    due: datetime
    credential: bool = False
    unread: tuple[str, ...] = ()
    fingerprint: str = ""


class ComparedAgain(Fact, stored="alert-compared-again"):
    """The case was compared with the values that could not be read before, except `unread`, and is still not ours."""

    case: int
    unread: tuple[str, ...] = ()


class Noted(Fact, stored="alert-noted"):
    """The report needs no decision."""

    report: Report
    outcome: Outcome
    value: Value | None = None
    incident: str = ""
    words: str = ""


class DeclaredOf(Fact, stored="alert-declared"):
    """An incident deals with the case's value."""

    case: int
    incident: str


class CalledHarmless(Fact, stored="alert-harmless"):
    case: int
    because: str
    until: datetime


class AskedAgain(Fact, stored="alert-asked-again"):
    """The time for which the value was called harmless is over."""

    case: int


class TriageEnded(Fact, stored="triage-ended"):
    """A person has ended it, or, where `own` names another case, its value turned out to be that one's."""

    case: int
    because: str
    own: int = 0


class TriageOverdue(Fact, stored="triage-overdue"):
    case: int


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
)
