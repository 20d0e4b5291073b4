"""When the machine asks what the leaver can read: at once, and again while that holds up a value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incident.lanes import LEAVER_LANE
from bot.incident.new_value.promotion import leaver_held
from bot.incident.operations import Op, Work
from bot.incident.state import DepartureState, Incident
from bot.incident.table import Moment, Row, State, Table

AGAIN = timedelta(minutes=5)
"""Between two looks while a value waits for it; IAM itself takes a moment until a change is in force everywhere."""
AGAIN_UNKNOWN = timedelta(hours=1)
"""The same if the result was unknown."""


def schedule(incident: Incident, now: datetime) -> Iterator[Work]:
    return LEAVER.wanted(Moment(incident, now))


def _departure(at: Moment) -> DepartureState | None:
    return at.incident.departure if at.incident.open else None


def _unknown(at: Moment) -> bool:
    departure = _departure(at)
    if departure is None:
        return False
    return departure.looked_at is None or not departure.asked.issuperset(at.incident.secrets)


def _reads(at: Moment) -> bool:
    return _departure(at) is not None and any(leaver_held(at.incident, s) for s in at.incident.secrets.values())


def _again(at: Moment) -> datetime | None:
    departure = _departure(at)
    if departure is None or departure.looked_at is None:
        return None
    if not departure.leaver.principal:
        return None
    return departure.looked_at + (AGAIN if departure.grants_known else AGAIN_UNKNOWN)


LEAVER = Table(
    "What a leaver can read",
    lane=lambda _at: LEAVER_LANE,
    states=(
        State(
            "unknown", "not looked up for all secrets of the departure", _unknown, (
                Row(Op.LOOK_UP_LEAVER, "at once", lambda at: at.incident.last_at, ("known",)),
            ),
        ),
        State(
            "reads", "a new key waits because they can still read it", _reads, (
                Row(Op.LOOK_UP_LEAVER, "again, every five minutes", _again, ("known",)),
            ),
        ),
        State("known", "it delays nothing", lambda at: _departure(at) is not None),
    ),
)  # fmt: skip
