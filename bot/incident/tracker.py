"""What a tracker outside is told of tasks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.changes import replace
from bot.incident.events import TrackerEvent
from bot.incident.lanes import TRACKER_LANE
from bot.incident.model import By
from bot.incident.operations import Op, Work
from bot.incident.state import Incident, TaskNews
from bot.incident.table import Moment, Row, State, Table

# How what the tracker has to be told changes.


def evolve(incident: Incident, event: TrackerEvent) -> Incident:
    left = () if event.gone else tuple(each for each in incident.tracker_news if each.seq != event.seq)
    return replace(incident, tracker_news=left)


def noted(incident: Incident, event: e.StepsEvent, by: By, seq: int) -> Incident:
    """An event about a task is news for the tracker, where there is one."""
    task = getattr(event, "task", "")
    if not task or not incident.playbook.tracker:
        return incident
    news = (*incident.tracker_news, TaskNews(seq, task, by.at))
    return replace(incident, tracker_news=news)


# When the tracker is told: of one thing after the other, in the order in which they happened.


def schedule(incident: Incident, now: datetime) -> Iterator[Work]:
    return TRACKER.wanted(Moment(incident, now))


TRACKER: Table[Moment] = Table(
    "The tracker",
    lane=lambda _at: TRACKER_LANE,
    subject=lambda at: at.incident.id,
    states=(
        State(
            "behind", "a task was made, changed or ended that it does not know of",
            lambda at: bool(at.incident.tracker_news), (
                Row(Op.TELL_TRACKER, "at once, in order", lambda at: at.incident.tracker_news[0].at, ("told",),
                    lambda at: str(at.incident.tracker_news[0].seq)),
            ),
        ),
        State("told", "it knows of all", lambda at: at.incident.playbook.tracker),
    ),
)  # fmt: skip
