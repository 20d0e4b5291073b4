"""When the report is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident.lanes import REPORT_LANE
from bot.incident.operations import Op, Work
from bot.incident.state import Incident
from bot.incident.table import Moment, Row, State, Table


def schedule(incident: Incident, now: datetime) -> Iterator[Work]:
    return REPORT.wanted(Moment(incident, now))


def _unrecorded(at: Moment) -> bool:
    closed, recorded = at.incident.closed, at.incident.report.decisions_at
    return closed is not None and (recorded is None or recorded < closed.at)


REPORT = Table(
    "The report",
    lane=lambda _at: REPORT_LANE,
    subject=lambda at: at.incident.id,
    states=(
        State(
            "requested", "somebody wants it, or the incident was closed",
            lambda at: at.incident.report.requested_at is not None, (
                Row(Op.REPORT, "at once", lambda at: at.incident.report.requested_at, ("unrecorded", "written")),
            ),
        ),
        State(
            "unrecorded", "closed, and not yet in the decisions log", _unrecorded, (
                Row(Op.DECISIONS, "at once", lambda at: at.incident.closed.at if at.incident.closed else None,
                    ("written",)),
            ),
        ),
        State("written", "it is as new as anybody has asked for", lambda at: bool(at.incident.report.path)),
    ),
)  # fmt: skip
