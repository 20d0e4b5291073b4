"""Decisions on people's words: notes, findings, and taking words out again."""

from __future__ import annotations

from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import REDACTION, propose
from bot.incident.approval.state import Proposal
from bot.incident.asked import Asked, Events
from bot.incident.changes import replace
from bot.incident.model import Right
from bot.incident.record.commands import RecordCommand
from bot.incident.refusals import Declined, clean, demand, demand_open
from bot.incident.state import Incident
from bot.incident.steps.rules import IMPACT, ROOT_CAUSE

NOTIFICATION = "notification"
FINDINGS = ("finding", IMPACT, ROOT_CAUSE, NOTIFICATION)


def decide(incident: Incident, body: RecordCommand, asked: Asked) -> Events:
    match body:
        case c.AddNote():
            demand_open(incident)
            return (e.NoteAdded(clean(body.text, "note")),)
        case c.RecordFinding():
            # The decision on notification may be due days after the close.
            if body.what != NOTIFICATION:
                demand_open(incident)
            demand(asked.actor, Right.RESPOND)
            return _finding(body)
        case c.Redact():
            demand(asked.actor, Right.RESPOND)
            return _redact(incident, body, asked)
        case c.RefuseText():
            return (e.CommandRefused(body.command, body.reason),)
        case _:
            assert_never(body)


def _finding(body: c.RecordFinding) -> Events:
    if body.what not in FINDINGS:
        raise Declined(f"There is no such thing to record; known: {', '.join(FINDINGS)}.")
    return (e.FindingRecorded(body.what, clean(body.text, body.what.replace("-", " "))),)


def _redact(incident: Incident, body: c.Redact, asked: Asked) -> Events:
    """Also after the close: what must not stand in the log must not wait for a reopening."""
    numbers = [cut.seq for cut in body.cuts]
    if not numbers or min(numbers) < 1 or max(numbers) > incident.seq:
        raise Declined("Say which events: their numbers, as `bot timeline` and the report have them.")
    if done := [number for number in numbers if number in incident.redacted]:
        raise Declined(f"Event {done[0]} is redacted already.")
    subject = ", ".join(map(str, numbers))
    proposed = propose(incident, REDACTION, subject, clean(body.reason, "reason"), asked)
    return (replace(proposed, cuts=body.cuts),)


def redaction_agreed(incident: Incident, proposal: Proposal) -> tuple[e.Redacted, ...]:
    cuts = [cut for cut in proposal.cuts if cut.seq not in incident.redacted]
    return tuple(e.Redacted(cut, proposal.reason, proposal.by) for cut in cuts)
