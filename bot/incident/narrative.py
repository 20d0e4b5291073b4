"""The report in people's words: summary, impact, cause and lessons, and who signs it. Facts are the log's alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.changes import replace, responded
from bot.incident.commands import Asked, Events, NarrativeCommand
from bot.incident.events import NarrativeEvent
from bot.incident.model import By, Right
from bot.incident.offer import POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.refusals import Declined, clean, demand, demand_open, when
from bot.incident.state import Incident, Signature, Statement, Version, keeping
from bot.incident.two_people import demand_other, lacking
from bot.model.playbooks import Action

# What the report's words consist of, and who may sign it.


PARTS: Mapping[str, str] = {"summary": "summary", "impact": "impact", "root-cause": "cause", "lessons": "lessons"}
"""The names of the parts, in statements and for people."""
FINDINGS = frozenset({"impact", "root-cause"})


def latest(incident: Incident, part: str) -> str:
    """The last text of it; empty if there is none."""
    return next((said.text for said in reversed(incident.statements) if said.what == part), "")


def writers(incident: Incident) -> frozenset[str]:
    """The authors of the report's current words, and the person who closed the incident: with two people the one who
    proposed it, since the other only agreed.
    """
    names = {next((said.by.name for said in reversed(incident.statements) if said.what == part), "") for part in PARTS}
    if incident.closed is not None:
        names.add(incident.closer or incident.closed.name)
    return frozenset(names - {""})


def two_sign(incident: Incident) -> bool:
    """Whether the playbook asks for a second person at the step that writes the report (``approval: true``)."""
    return any(step.definition.approval and Action.REPORT in step.definition.actions for step in incident.steps)


def signed(incident: Incident) -> bool:
    """Whether all have signed the report, as it is now, whom it takes: where the playbook asks for a second person and
    an account without an entry wrote or closed, two.
    """
    given = incident.report.signers
    return bool(given) and not (two_sign(incident) and lacking(writers(incident), given))


def lessons_owed(incident: Incident) -> bool:
    """Whether the report of a leak has only lessons drafted from the log: a signature is for a person's own words."""
    return incident.traits.investigates and not latest(incident, "lessons")


def barred_from_signing(incident: Incident) -> frozenset[str]:
    """Who cannot add a signature to the report as it is now."""
    return frozenset(incident.report.signers) | (writers(incident) if two_sign(incident) else frozenset())


# How the report's words change.


def evolve(incident: Incident, event: NarrativeEvent, by: By) -> Incident:
    seq = incident.seq + 1
    if isinstance(event, e.NarrativeWritten):
        said = Statement(event.part, event.text, by, seq)
        return responded(replace(incident, statements=(*incident.statements, said)), by)
    before = incident.report.signed
    also = before.names if before is not None and before.digest == event.digest else ()
    signed = Signature(by, event.digest, event.html_digest, event.covers, seq, also)
    version = Version(event.digest, event.html_digest)
    kept = keeping(incident.report, version, event.covers, incident.redacted_seq)
    return replace(incident, report=replace(kept, signed=signed, unshown_at=by.at))


# Decisions on the report's words, and on who signs it.


def decide(incident: Incident, body: NarrativeCommand, asked: Asked) -> Events:
    demand(asked.actor, Right.RESPOND)
    if isinstance(body, c.SignReport):
        return (_signed(incident, body, asked),)
    events = tuple(_written(incident, body))
    if not events:
        raise Declined("Nothing changed: each part is empty or as before.")
    return events


def _written(incident: Incident, body: c.WriteNarrative) -> Iterator[e.Event]:
    """The narrative may be written after the close; impact and cause belong to the close itself."""
    for part, name in PARTS.items():
        text: str = getattr(body, name)
        if not text.strip() or text.strip() == latest(incident, part):
            continue
        cleaned = clean(text, name)
        if part in FINDINGS:
            demand_open(incident)
            yield e.FindingRecorded(part, cleaned)
        else:
            yield e.NarrativeWritten(part, cleaned)


def _signed(incident: Incident, body: c.SignReport, asked: Asked) -> e.ReportSigned:
    report = incident.report
    if not report.path:
        raise Declined("No report yet. Ask for it first.")
    if not report.digest.startswith(body.digest) or len(body.digest) < 8:
        raise Declined("The report was written again since you read it. Read the new one, then sign.")
    if lessons_owed(incident):
        raise Declined("The lessons are a draft from the log. Write your own, ask for the report again, then sign.")
    if report.signed is not None and signed(incident):
        raise Declined(f"This report was signed {when(report.signed.by)}.")
    demand_other(asked.actor, barred_from_signing(incident), did="signed it, wrote its words or closed it")
    return e.ReportSigned(report.digest, report.html_digest, report.covers)


# Offers of writing the report's words, and of signing it.


def narrative(incident: Incident) -> Iterator[Offer]:
    said = "to write the report's summary, impact, cause and lessons in your own words"
    yield Offer(c.WriteNarrative, c.WriteNarrative(), "", said, RESPONDER)
    who = (Who(frozenset({Right.RESPOND}), excluded=barred_from_signing(incident), human=True),)
    owed = two_sign(incident) and not incident.open and not signed(incident)
    reason = "the playbook asks for a second person's signature" if owed else "to sign the report as you read it"
    yield Offer(c.SignReport, c.SignReport(incident.report.digest), "", reason, who, SENSIBLE if owed else POSSIBLE)
