"""When the report is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.incident.lanes import REPORT_LANE, delivery_lane
from bot.incident.operations import Op, Work
from bot.incident.state import Incident
from bot.incident.table import Moment, Row, State, Table


@dataclass(frozen=True)
class DeliveryMoment(Moment):
    """One of the destinations of the report."""

    to: str


def schedule(incident: Incident, now: datetime) -> Iterator[Work]:
    yield from REPORT.wanted(Moment(incident, now))
    for to in incident.report.deliveries:
        yield from DELIVERY.wanted(DeliveryMoment(incident, now, to))


def _unrecorded(at: Moment) -> bool:
    closed, recorded = at.incident.closed, at.incident.report.decisions_at
    return closed is not None and (recorded is None or recorded < closed.at)


REPORT = Table(
    "The report",
    lane=lambda _at: REPORT_LANE,
    states=(
        State(
            "requested", "a person asked for it, or the incident was closed",
            lambda at: at.incident.report.requested_at is not None, (
                Row(Op.REPORT, "at once", lambda at: at.incident.report.requested_at, ("unrecorded", "written")),
            ),
        ),
        State(
            "signed", "its page does not show the signature yet",
            lambda at: at.incident.report.unshown_at is not None, (
                Row(Op.REPORT, "at once", lambda at: at.incident.report.unshown_at, ("unrecorded", "written")),
            ),
        ),
        State(
            "unrecorded", "closed, and not yet in the decisions log", _unrecorded, (
                Row(Op.DECISIONS, "at once", lambda at: at.incident.closed.at if at.incident.closed else None,
                    ("written",)),
            ),
        ),
        State("written", "it is as new as requested", lambda at: bool(at.incident.report.path)),
    ),
)  # fmt: skip


def _owed_since(at: DeliveryMoment) -> datetime | None:
    """Nothing goes to Slack while it is not to be trusted."""
    if at.to == SLACK and at.incident.slack_untrusted:
        return None
    return at.incident.report.deliveries[at.to].wanted_at


SLACK = "slack"
BUCKET = "s3"
"""Where a report can arrive: the incident's channel, and the bucket of the settings."""

DELIVERY = Table(
    "Where the report arrives",
    lane=lambda at: delivery_lane(at.to),
    subject=lambda at: at.to,
    states=(
        State(
            "owed", "it was written again since it arrived there",
            lambda at: at.incident.report.deliveries[at.to].owed,
            (Row(Op.DELIVER, "at once; to Slack only while it is trusted", _owed_since, ("arrived",)),),
        ),
        State("arrived", "the latest one is there", lambda _at: True),
    ),
)  # fmt: skip
