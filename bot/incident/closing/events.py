"""What can have happened to report, close and reopening."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import Accepted
from bot.incident.stored import stored


@stored("report-requested")
@dataclass(frozen=True)
class ReportRequested:
    v: int = 1


@stored("incident-closed")
@dataclass(frozen=True)
class IncidentClosed:
    """`accepted` names secrets whose old value is not gone or whose new one is not in place; `items` is everything that
    was open and accepted by name, those among it; `reason` says why.
    """

    accepted: tuple[str, ...] = ()
    reason: str = ""
    items: tuple[Accepted, ...] = ()
    v: int = 1


@stored("incident-reopened")
@dataclass(frozen=True)
class IncidentReopened:
    reason: str
    v: int = 1


@stored("report-written")
@dataclass(frozen=True)
class ReportWritten:
    """`head` is the `seq:digest` of the log that the report was written from; `digest` the file's SHA-256. `withheld`
    counts the lines that were left out because a secret stood in them. `html` is the same report as a page, where there
    is one.
    """

    claim: int
    path: str
    digest: str
    head: str
    covers: int
    withheld: int = 0
    html: str = ""
    html_digest: str = ""
    v: int = 1


@stored("decision-recorded")
@dataclass(frozen=True)
class DecisionRecorded:
    claim: int
    path: str
    withheld: int = 0
    v: int = 1


ClosingByPerson = ReportRequested | IncidentClosed | IncidentReopened
ClosingOutcome = ReportWritten | DecisionRecorded
ClosingEvent = ClosingByPerson | ClosingOutcome
