"""When the tracker is told: of one thing after the other, in the order in which they happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident.lanes import TRACKER_LANE
from bot.incident.operations import Op, Work
from bot.incident.state import Incident
from bot.incident.table import Moment, Row, State, Table


def schedule(incident: Incident, now: datetime) -> Iterator[Work]:
    return TRACKER.wanted(Moment(incident, now))


TRACKER: Table[Moment] = Table(
    "The tracker",
    lane=lambda _at: TRACKER_LANE,
    subject=lambda at: at.incident.id,
    states=(
        State(
            "behind", "a task was made, changed or ended that it does not know of",
            lambda at: bool(at.incident.tracker.news), (
                Row(Op.TELL_TRACKER, "at once, in order", lambda at: at.incident.tracker.news[0].at, ("told",),
                    lambda at: str(at.incident.tracker.news[0].seq)),
            ),
        ),
        State("told", "it knows of all", lambda at: at.incident.playbook.tracker),
    ),
)  # fmt: skip
