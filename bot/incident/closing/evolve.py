"""The close, the reopening, and the report."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import alert, milestone, replace
from bot.incident.events import ClosingEvent
from bot.incident.model import BOT, By, StepState
from bot.incident.new_value.transitions import given_up, wanted_again
from bot.incident.state import Delivery, Incident, ReportState, Step, Version, keeping
from bot.incident.steps.evolve import in_turn
from bot.incident.work.rules import not_put_back, pages_healed

ACCEPTED_AGAIN = "its old key is accepted or stored in a parameter again"
ASKED_FOR = "a person asked for it; the log has the reason"


def evolve(incident: Incident, event: ClosingEvent, by: By) -> Incident:
    match event:
        case e.IncidentClosed():
            return milestone(_closed(incident, event, by), "closed")
        case e.IncidentReopened():
            return _reopened(incident, event.reason, by)
        case e.ReportRequested():
            return replace(incident, report=replace(incident.report, requested_at=by.at))
        case e.ReportWritten():
            return replace(incident, report=_written(incident, event, by))
        case e.DecisionRecorded():
            return replace(incident, report=_decided(incident, event, by))
        case e.ReportDelivered():
            return replace(incident, report=_delivered(incident.report, event))
        case _:
            assert_never(event)


def _closed(incident: Incident, event: e.IncidentClosed, by: By) -> Incident:
    return replace(
        pages_healed(incident),
        closed=by,
        closer=event.proposer,
        accepted_reason=event.reason,
        accepted_items=event.items,
        report=replace(incident.report, requested_at=by.at),
        secrets={name: given_up(incident, secret) for name, secret in incident.secrets.items()},
    )


def _reopened(incident: Incident, because: str, by: By) -> Incident:
    """Starts again the page, its acknowledgement, the probes after the next close, and values that were given up."""
    begun = {
        name: replace(wanted_again(secret), old=replace(secret.old, probes_after_close=0))
        for name, secret in incident.secrets.items()
    }
    for secret in incident.secrets.values():
        incident = not_put_back(incident, secret.name)
    told = len(incident.alerts)
    reopened = replace(
        incident,
        closed=None,
        closer="",
        accepted_reason="",
        accepted_items=(),
        page=incident.page.anew(told),
        fallback=incident.fallback.anew(told),
        responded=None,
        called=None,
        steps=in_turn(_open_again(step, incident.closed) for step in incident.steps),
        secrets=begun,
    )
    again = milestone(replace(reopened, reopened=True, reopened_because=because, raised=by), "reopened")
    why = ACCEPTED_AGAIN if by.name == BOT.name else ASKED_FOR
    return again if again.traits.pages else alert(again, f"a {again.kind} was opened again: {why}", routine=True)


def _open_again(step: Step, closed: By | None) -> Step:
    """A step of the machine's own that the close ended is open again."""
    if not step.definition.by_itself or step.ended is None or step.ended != closed:
        return step
    return replace(step, state=StepState.OPEN, ended=None, reason="")


def _written(incident: Incident, event: e.ReportWritten, by: By) -> ReportState:
    """A report begun before a redaction may hold the removed words: it is written again, and not delivered."""
    written = replace(
        incident.report,
        path=event.path,
        digest=event.digest,
        html=event.html,
        html_digest=event.html_digest,
        head=event.head,
        covers=event.covers,
        withheld=event.withheld,
        written_at=by.at,
        requested_at=None,
        unshown_at=None,
    )
    if incident.report.outdated:
        return replace(written, requested_at=by.at, outdated=False)
    wanted = {
        name: replace(written.deliveries.get(name, Delivery(by.at, 0)), wanted_at=by.at, covers=event.covers)
        for name in event.deliver
    }
    return replace(written, deliveries={**written.deliveries, **wanted})


def _decided(incident: Incident, event: e.DecisionRecorded, by: By) -> ReportState:
    """The same for the entry in the decisions log."""
    report = incident.report
    if report.outdated:
        return replace(report, outdated=False)
    kept = keeping(report, Version(report.digest, report.html_digest), report.covers, incident.redacted_seq)
    return replace(kept, decisions=event.path, decisions_at=by.at)


def _delivered(report: ReportState, event: e.ReportDelivered) -> ReportState:
    """`covers` is the version that was wanted at the delivery; a later one is still owed."""
    before = report.deliveries.get(event.to)
    if before is None:
        return report
    arrived = replace(before, arrived=event.covers, place=event.place)
    return replace(report, deliveries={**report.deliveries, event.to: arrived})
