"""Decisions on the report's words, and on who signs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.asked import Asked, Events
from bot.incident.model import Right
from bot.incident.narrative.commands import NarrativeCommand
from bot.incident.narrative.rules import FINDINGS, PARTS, barred_from_signing, latest, signed
from bot.incident.refusals import Declined, clean, demand, demand_open, when
from bot.incident.state import Incident
from bot.incident.two_people import demand_other


def decide(incident: Incident, body: NarrativeCommand, asked: Asked) -> Events:
    demand(asked.actor, Right.RESPOND)
    match body:
        case c.WriteNarrative():
            events = tuple(_written(incident, body))
            if not events:
                raise Declined("Nothing was changed: each part is empty, or as it was.")
            return events
        case c.SignReport():
            return (_signed(incident, body, asked),)
        case _:
            assert_never(body)


def _written(incident: Incident, body: c.WriteNarrative) -> Iterator[e.Event]:
    """The narrative may be written after the close; impact and cause belong to what is closed over."""
    said = {"summary": body.summary, "impact": body.impact, "root-cause": body.cause, "lessons": body.lessons}
    for part, text in said.items():
        if not text.strip() or text.strip() == latest(incident, part):
            continue
        cleaned = clean(text, PARTS[part])
        if part in FINDINGS:
            demand_open(incident)
            yield e.FindingRecorded(part, cleaned)
        else:
            yield e.NarrativeWritten(part, cleaned)


def _signed(incident: Incident, body: c.SignReport, asked: Asked) -> e.ReportSigned:
    report = incident.report
    if not report.path:
        raise Declined("No report has been written yet: ask for it first.")
    if not report.digest.startswith(body.digest) or len(body.digest) < 8:
        raise Declined("The report was written anew since you read it. Read that one, then sign it.")
    if report.signed is not None and signed(incident):
        raise Declined(f"This report was signed {when(report.signed.by)}.")
    demand_other(asked.actor, barred_from_signing(incident), did="signed it, wrote its words or closed it")
    return e.ReportSigned(report.digest, report.html_digest, report.covers)
