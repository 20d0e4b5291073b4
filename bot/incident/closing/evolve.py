"""How an incident closes, and begins anew; and its report."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import milestone, replace
from bot.incident.closing.events import ClosingEvent
from bot.incident.closing.state import ReportState
from bot.incident.lanes import FALLBACK_LANE, PAGE_LANE
from bot.incident.model import By
from bot.incident.new_value.transitions import given_up
from bot.incident.paging.state import PageState
from bot.incident.state import Incident


def evolve(incident: Incident, event: ClosingEvent, by: By) -> Incident:
    match event:
        case e.IncidentClosed():
            return milestone(_closed(incident, event, by), "closed")
        case e.IncidentReopened():
            return _reopened(incident, by)
        case e.ReportRequested():
            return replace(incident, report=replace(incident.report, requested_at=by.at))
        case e.ReportWritten():
            return replace(incident, report=_report(incident.report, event, by))
        case e.DecisionRecorded():
            return replace(incident, report=replace(incident.report, decisions=event.path, decisions_at=by.at))
        case _:
            assert_never(event)


def _closed(incident: Incident, event: e.IncidentClosed, by: By) -> Incident:
    # A note that could not be sent must not keep the page from being resolved.
    pages = {lane: replace(incident.lane(lane), failure=None) for lane in (PAGE_LANE, FALLBACK_LANE)}
    return replace(
        incident,
        closed=by,
        accepted=event.accepted,
        accepted_reason=event.reason,
        accepted_items=event.items,
        report=replace(incident.report, requested_at=by.at),
        secrets={name: given_up(secret) for name, secret in incident.secrets.items()},
        lanes={**incident.lanes, **pages},
    )


def _reopened(incident: Incident, by: By) -> Incident:
    """All begins anew: the page, its acknowledgement, and the looks after the next close."""
    looked = {
        name: replace(secret, old=replace(secret.old, probes_after_close=0))
        for name, secret in incident.secrets.items()
    }
    page = PageState(alerts_sent=len(incident.alerts))
    reopened = replace(
        incident,
        closed=None,
        accepted=(),
        accepted_reason="",
        accepted_items=(),
        page=page,
        responded=None,
        secrets=looked,
    )
    return milestone(replace(reopened, fallback=page, reopened=True, raised=by), "reopened")


def _report(report: ReportState, event: e.ReportWritten, by: By) -> ReportState:
    return replace(
        report,
        path=event.path,
        digest=event.digest,
        html=event.html,
        html_digest=event.html_digest,
        head=event.head,
        covers=event.covers,
        withheld=event.withheld,
        written_at=by.at,
        requested_at=None,
    )
