"""Evidence for auditors: what the log holds of a span of time, event by event, with the controls that it speaks to.

SOC 2 (AICPA Trust Services Criteria 2017, with the points of focus of 2022): CC6.1 to CC6.3 access, CC7.2 to CC7.5
detection of, response to and recovery from incidents. ISO/IEC 27001:2022, annex A: 5.24 planning, 5.25 assessment, 5.26
response, 5.27 learning, 5.28 collection of evidence. Which event speaks to which is this document's reading; whether a
control is met is for the auditor to say. Nothing is derived that no event holds, and what the log cannot hold is named.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from bot.incident import events as e
from bot.incident.clocks import clocks
from bot.incident.state import Incident
from bot.model.recorded import Recorded
from bot.phrases.events import sentence
from bot.planned.rules.stops import ProviderStopped, StopEvent
from bot.report.markdown import one_line
from bot.rights import Entry, PeopleFound, changes

CONTROLS: Mapping[str, str] = {
    "SOC 2 CC6.1": "credentials are protected, and ended when they are exposed",
    "SOC 2 CC6.2": "access is granted on the word of those entitled",
    "SOC 2 CC6.3": "access is changed and removed with separation of duties",
    "SOC 2 CC7.2": "anomalies are detected",
    "SOC 2 CC7.3": "events are evaluated",
    "SOC 2 CC7.4": "incidents are responded to by a defined programme",
    "SOC 2 CC7.5": "recovery, and what is learned",
    "ISO 27001 A.5.24": "planning and preparation",
    "ISO 27001 A.5.25": "assessment and decision",
    "ISO 27001 A.5.26": "response",
    "ISO 27001 A.5.27": "learning",
    "ISO 27001 A.5.28": "collection of evidence",
}
"""What each asks, in a few words of ours."""

NOT_HELD = (
    "Who changed the people file, and why: the log holds what workers found in it, and when they first did.",
    "Access to the cloud account, the database and the host on which the worker runs.",
    "Training, risk assessments, and whether people followed what a guide says.",
    "Whether a control is met: the references say what an event speaks to.",
)

_DECLARED = ("SOC 2 CC7.2", "SOC 2 CC7.3", "ISO 27001 A.5.25")
_ASKED = ("SOC 2 CC6.2", "SOC 2 CC7.4", "ISO 27001 A.5.26")
_AGREED = ("SOC 2 CC6.2", "SOC 2 CC6.3", "ISO 27001 A.5.26")
_PROOF = ("SOC 2 CC6.1", "SOC 2 CC7.4", "ISO 27001 A.5.28")
_GRANTED = ("SOC 2 CC6.2", "SOC 2 CC6.3", "ISO 27001 A.5.24")
RIGHTS = "rights"
"""Stands in the place of an incident's id where the log of who had which rights says it."""
STOPS = "schedule"
"""The same for the log of providers whose planned rotations people stopped."""
_RECOVERY = ("SOC 2 CC7.5", "ISO 27001 A.5.26")
_LEARNED = ("SOC 2 CC7.5", "ISO 27001 A.5.27")
_EVIDENCE = ("SOC 2 CC7.3", "ISO 27001 A.5.28")

KINDS: Mapping[type, tuple[str, tuple[str, ...]]] = {
    e.IncidentDeclared: ("declared", _DECLARED),
    e.SecretAdded: ("declared", _DECLARED),
    e.KillRequested: ("asked", _ASKED),
    e.ApprovalRequested: ("asked", _ASKED),
    e.ProposalMade: ("asked", _ASKED),
    e.PlanApproved: ("approved", _AGREED),
    e.ProposalApproved: ("approved", _AGREED),
    e.PlanRejected: ("rejected", _AGREED),
    e.ProposalRejected: ("rejected", _AGREED),
    e.ApprovalExpired: ("rejected", _AGREED),
    e.ConsentWithdrawn: ("rejected", _AGREED),
    e.GlassBroken: ("broken glass", _AGREED),
    e.GlassReviewed: ("review of broken glass", _AGREED),
    e.AccessRevoked: ("revoked", _PROOF),
    e.OldProvenDead: ("proof", _PROOF),
    e.DeathAttested: ("accepted risk", _PROOF),
    e.ValueLive: ("restored", _RECOVERY),
    e.CopySettled: ("copies", _RECOVERY),
    e.CheckEnded: ("checks", _EVIDENCE),
    e.ReaderAccounted: ("readers", _EVIDENCE),
    e.UsageRead: ("readers", _EVIDENCE),
    e.TrustChanged: ("trust", _AGREED),
    e.RecordsLost: ("lost records", _EVIDENCE),
    e.DepartureAgreed: ("approved", _AGREED),
    e.LeaverLookedUp: ("readers", _EVIDENCE),
    e.KeyLookedUp: ("readers", _EVIDENCE),
    e.FindingRecorded: ("finding", _LEARNED),
    e.NarrativeWritten: ("finding", _LEARNED),
    e.TaskAdded: ("task", _LEARNED),
    e.TaskDone: ("task", _LEARNED),
    e.TaskDeclined: ("accepted risk", _LEARNED),
    e.PageSent: ("paged", _ASKED),
    e.IncidentClosed: ("closed", ("SOC 2 CC7.4", "ISO 27001 A.5.26")),
    e.IncidentReopened: ("reopened", ("SOC 2 CC7.4", "ISO 27001 A.5.26")),
    e.ReportWritten: ("report", _EVIDENCE),
    e.ReportSigned: ("signed", _EVIDENCE),
    e.Redacted: ("redacted", _EVIDENCE),
    e.AwarenessRecorded: ("clock", ("ISO 27001 A.5.25",)),
    e.ExposureRecorded: ("clock", ("ISO 27001 A.5.25",)),
    e.NoticeDecided: ("notice", ("SOC 2 CC7.4", "ISO 27001 A.5.25")),
    e.NoticeSent: ("notice", ("SOC 2 CC7.4", "ISO 27001 A.5.26")),
    e.NotificationReminded: ("clock", ("ISO 27001 A.5.26",)),
}


@dataclass(frozen=True)
class Evidence:
    """One event: `seq` is its number in the log of `incident`, `kind` what it is evidence of, `controls` what it speaks
    to.
    """

    incident: str
    seq: int
    at: datetime
    who: str
    kind: str
    said: str
    controls: tuple[str, ...]


@dataclass(frozen=True)
class Clock:
    """Of one secret: the seconds from the declaration to its death and its replacement; None: not yet."""

    incident: str
    secret: str
    old: str
    new: str
    exposed_at: datetime | None
    declared_at: datetime
    dead_after: float | None
    restored_after: float | None


def evidence_of(
    incident: Incident, events: Sequence[e.Recorded], since: datetime, until: datetime
) -> Iterator[Evidence]:
    """What the incident's log holds from `since` on and before `until`."""
    for recorded in events:
        kind, controls = KINDS.get(type(recorded.event), ("", ()))
        said = sentence(recorded, incident) if kind and since <= recorded.at < until else None
        if said is not None:
            if isinstance(recorded.event, e.IncidentClosed) and recorded.event.items:
                kind = "accepted risk"
            yield Evidence(
                incident.id, recorded.seq, recorded.at, recorded.actor, kind, one_line(said), tuple(controls)
            )


def rights_evidence(events: Sequence[Recorded[PeopleFound]], since: datetime, until: datetime) -> Iterator[Evidence]:
    """Each change of who may do what, as workers found the people file."""
    before: tuple[Entry, ...] | None = None
    for each in events:
        if since <= each.at < until and (said := list(changes(before, each.event.people))):
            words = f"found the people file{' changed' if before is not None else ''}: {'; '.join(said)}"
            yield Evidence(RIGHTS, each.seq, each.at, each.actor, "people", one_line(words), _GRANTED)
        before = each.event.people


def stop_evidence(events: Sequence[Recorded[StopEvent]], since: datetime, until: datetime) -> Iterator[Evidence]:
    """Whose planned rotations people stopped and resumed."""
    for each in events:
        if since <= each.at < until:
            did = "stopped" if isinstance(each.event, ProviderStopped) else "resumed"
            words = one_line(f"{did} the planned rotations of {each.event.provider}: {each.event.reason}")
            yield Evidence(STOPS, each.seq, each.at, each.actor, "asked", words, _ASKED)


def clocks_of(incident: Incident) -> Iterator[Clock]:
    for secret in incident.secrets.values():
        times = clocks(incident, secret)
        yield Clock(
            incident.id, secret.name, str(secret.old_state), str(secret.new_state), times.exposed, times.declared,
            times.contain_seconds, times.restore_seconds,
        )  # fmt: skip


def document(
    since: datetime, until: datetime, found: Sequence[Evidence], clocks: Sequence[Clock],
    drills: Sequence[Mapping[str, object]], heads: Mapping[str, str],
) -> dict[str, object]:  # fmt: skip
    """All of it as JSON. `heads` are the log's digests by incident, against which `bot log verify` checks."""
    return {
        "from": since,
        "to": until,
        "controls": dict(CONTROLS),
        "not_held": list(NOT_HELD),
        "heads": dict(heads),
        "clocks": [asdict(clock) for clock in clocks],
        "drills": [dict(drill) for drill in drills],
        "evidence": [asdict(each) for each in found],
    }


def table(found: Sequence[Evidence]) -> str:
    """The same events as CSV, one a row. What a spreadsheet would take for a formula gets an apostrophe before it."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["incident", "event", "time (UTC)", "who", "kind", "what", "speaks to"])
    for each in found:
        cells = [each.incident, each.seq, f"{each.at:%Y-%m-%dT%H:%M:%SZ}", each.who, each.kind, each.said]
        rows.writerow([_cell(cell) for cell in [*cells, "; ".join(each.controls)]])
    return out.getvalue()


def _cell(value: object) -> object:
    """Source: OWASP, CSV injection."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
