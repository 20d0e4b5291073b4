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
    was open and accepted by name, those among it; `reason` says why. `proposer` is who closed where the actor is the
    second person, who agreed; empty where nobody had to.
    """

    accepted: tuple[str, ...] = ()
    reason: str = ""
    items: tuple[Accepted, ...] = ()
    proposer: str = ""
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
    is one. `deliver` names where else it is to arrive, as this worker was set up: ``slack``, ``s3``.
    """

    claim: int
    path: str
    digest: str
    head: str
    covers: int
    withheld: int = 0
    html: str = ""
    html_digest: str = ""
    deliver: tuple[str, ...] = ()
    v: int = 1


@stored("decision-recorded")
@dataclass(frozen=True)
class DecisionRecorded:
    claim: int
    path: str
    withheld: int = 0
    deliver: tuple[str, ...] = ()
    v: int = 1


@stored("report-delivered")
@dataclass(frozen=True)
class ReportDelivered:
    """The report, or the entry in the decisions log (`to` is ``github``), has arrived at `place`, a link or an address.
    `covers` is that of the report; `digest` the SHA-256 of what was delivered.
    """

    claim: int
    to: str
    place: str
    digest: str
    covers: int
    v: int = 1


ClosingByPerson = ReportRequested | IncidentClosed | IncidentReopened
ClosingOutcome = ReportWritten | DecisionRecorded | ReportDelivered
ClosingEvent = ClosingByPerson | ClosingOutcome
