"""How the record changes: people's texts, and their removal."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import put, replace, responded, worse
from bot.incident.events import RecordEvent
from bot.incident.lanes import REPORT_LANE
from bot.incident.model import By, TargetKind, Worse
from bot.incident.state import COMPARISON, Incident, Statement, place_of


def evolve(incident: Incident, event: RecordEvent, by: By) -> Incident:
    seq = incident.seq + 1
    match event:
        case e.NoteAdded():
            return _heard(_said(incident, Statement("note", event.text, by, seq)), event, by)
        case e.CounselNoted():
            said = Statement("counsel", event.text, by, seq)
            return replace(incident, counsel_notes=(*incident.counsel_notes, said))
        case e.FindingRecorded():
            return responded(_said(incident, Statement(event.what, event.text, by, seq)), by)
        case e.ValueSighted():
            place = place_of(event.channel, event.ts, event.secret, event.value)
            sighted = _sighted(incident, event, by)
            return _heard(replace(sighted, messages={**sighted.messages, place: seq}), event, by)
        case e.Redacted():
            return _redacted(incident, event, by, seq)
        case e.CommandRefused():
            return incident
        case _:
            assert_never(event)


def _heard(incident: Incident, event: e.NoteAdded | e.ValueSighted, by: By) -> Incident:
    """Anyone may say something; who may do nothing about it has answered no page."""
    return responded(incident, by) if event.responder else incident


def _said(incident: Incident, statement: Statement) -> Incident:
    return replace(incident, statements=(*incident.statements, statement))


def _sighted(incident: Incident, event: e.ValueSighted, by: By) -> Incident:
    """A new key in a message has leaked too. An old one that was only assumed to be the leaked one is confirmed."""
    if event.value == "new":
        return worse(incident, Worse.LEAKED_TOO, by.at)
    secret = incident.secrets.get(event.secret)
    assumed = secret is not None and secret.target.kind is TargetKind.ASSUMED and bool(secret.target.fingerprint)
    if secret is None or not assumed:
        return incident
    compared = event.source == COMPARISON
    if event.value == "leaked":
        target = replace(secret.target, kind=TargetKind.CONFIRMED)
        return put(incident, replace(secret, target=target, compared=by if compared else None))
    return put(incident, replace(secret, compared=by)) if compared else incident


def _redacted(incident: Incident, event: e.Redacted, by: By, seq: int) -> Incident:
    """Documents made from the words are written again. The state loses the words when it is folded from the log."""
    report = replace(incident.report, kept=())
    if report.path:
        report = replace(report, requested_at=by.at)
    if report.decisions:
        report = replace(report, decisions="", decisions_at=None)
    if incident.lane(REPORT_LANE).claim is not None:
        report = replace(report, outdated=True)
    return replace(incident, redacted=(*incident.redacted, event.cut.seq), redacted_seq=seq, report=report)
