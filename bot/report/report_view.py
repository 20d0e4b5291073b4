"""The whole report as plain objects. Everything is decided here; a template only lays it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.incident import events as e
from bot.incident.state import Incident
from bot.phrases.closing import closed_by, tasks_declined
from bot.phrases.events import sentence
from bot.phrases.times import counted, moment
from bot.report.evidence import reader_rows, reads_seen
from bot.report.facts import Fact, entries, how_it_ended, seqs
from bot.report.page_one import page_one, signed_words
from bot.report.secret_view import secret_view
from bot.report.timeline import timeline
from bot.report.warnings import warnings

ALSO = (
    e.GlassOffered,
    e.ApprovalRequested,
    e.ApprovalExpired,
    e.ConsentWithdrawn,
    e.TrustChanged,
    e.RecordsLost,
    e.ProposalMade,
    e.TaskDeclined,
    e.ScopesChosen,
    e.RoleOffered,
    e.RoleDeclined,
    e.UpdateReleased,
    e.Redacted,
)
"""Further lines of the appendix besides people's decisions: the causes and the results."""


type Row = dict[str, object]
"""A line of a table, by its columns."""


def report_view(incident: Incident, events: Sequence[e.Recorded], head: str, now: datetime) -> dict[str, Any]:
    """Everything that a template of the report can show, by its name."""
    secrets = tuple(secret_view(incident, secret, events, now) for secret in incident.secrets.values())
    refused = entries(events, e.CommandRefused)
    unproven = tuple(fact for secret in secrets for fact in secret.proof.missing)
    warned = tuple(warnings(incident, events, now))
    return {
        "id": incident.id,
        "title": incident.title,
        "environment": incident.environment,
        "state": _state(incident),
        "written": now,
        # That something is not shown because a secret stood there, and what to do; empty if nothing is withheld.
        "withheld": "",
        # The first page; the rest is its appendix.
        "one": page_one(incident, events, now, warned, unproven),
        # What was accepted, broken or not proven; the first page of an incident has the first of them.
        "warnings": warned,
        "secrets": secrets,
        "steps": tuple(_steps(incident, events)),
        "decisions": tuple(_told(incident, [one for one in events if _decides(one.event)])),
        "findings": tuple(_statements(incident, "finding")),
        "notes": tuple(_statements(incident, "note")),
        "tasks": tuple(_tasks(incident, events)),
        "unproven": unproven,
        "refused": Fact(
            f"{counted(len(refused), 'request')} refused, each with its reason in the timeline.", seqs(refused)
        ),
        # The lookups of reads; keys with the same result are one.
        "reads": tuple(reads_seen(incident, events)),
        "readers": tuple(reader_rows(incident, events)),
        "timeline": tuple(timeline(incident, events)),
        "events": len(events),
        "head": head,
        # The command by which a reader can check that the log is still what this was written from.
        "verify": f"bot log verify {incident.id} --head {head}",
    }


def _decides(event: e.Event) -> bool:
    """Whether the event is a person's decision, or shaped one. Explanations of readers, and people's findings, are
    shown elsewhere, in their own words.
    """
    if isinstance(event, e.FindingRecorded):
        return event.what in {"no-abuse", "abuse-unknown"}
    return isinstance(event, (e.PeoplesDecision, *ALSO)) and not isinstance(event, e.ReaderAccounted)


def _state(incident: Incident) -> str:
    if incident.closed is None:
        return "open"
    return f"closed by {closed_by(incident)} at {moment(incident.closed.at)}"


# --- people ---------------------------------------------------------------------------------------------------------


def _told(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    for recorded in events:
        if (said := sentence(recorded, incident)) is not None:
            yield Fact(f"{moment(recorded.at)}: {said}", (recorded.seq,))


def _statements(incident: Incident, what: str) -> Iterator[Fact]:
    for said in incident.statements:
        if said.what == what:
            yield signed_words(said)


def _steps(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Row]:
    for step in incident.steps:
        about = [
            r.seq
            for r in events
            if isinstance(r.event, e.StepDone | e.StepReopened | e.StepSkipped) and r.event.step == step.definition.id
        ]
        yield {
            "title": step.definition.title,
            "state": ", ".join(filter(None, (step.state, tasks_declined(incident, step)))),
            "ended": f"{step.ended.name}, {moment(step.ended.at)}" if step.ended else "",
            "reason": step.reason,
            "seqs": tuple(about),
        }


def _tasks(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Row]:
    for task in incident.tasks.values():
        about = [
            r.seq
            for r in events
            if isinstance(r.event, e.TaskAdded | e.TaskDone | e.TaskDeclined) and r.event.task == task.id
        ]
        yield {
            "id": task.id,
            "title": task.title,
            "owner": task.owner or "no one yet",
            "due": moment(task.due) if task.due else "",
            "state": how_it_ended(task) or "OPEN",
            "seqs": tuple(about),
        }
