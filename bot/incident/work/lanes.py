"""Changes of a lane that more than one subject makes."""

from __future__ import annotations

from bot.incident.changes import replace
from bot.incident.operations import Op, old_lane
from bot.incident.state import Incident
from bot.incident.work.state import Lane

NEEDS_PERSON = "an operation needs a person"
ALERT_NEEDS_PERSON = "an operation has failed for good and needs a person"


def put_lane(incident: Incident, name: str, lane: Lane) -> Incident:
    return replace(incident, lanes={**incident.lanes, name: lane})


def lane_of(incident: Incident, claim: int) -> tuple[str, Lane] | None:
    """The lane that holds the claim of this number, if any does."""
    for name, lane in incident.lanes.items():
        if lane.claim is not None and lane.claim.number == claim:
            return name, lane
    return None


def hurried(incident: Incident, name: str) -> Incident:
    """Without the pause that the lane makes by itself: what it waited for has come."""
    return put_lane(incident, name, replace(incident.lane(name), waits_until=None))


def ended(incident: Incident, secret: str) -> Incident:
    """The old value is proven dead: a revocation that had failed for good is nobody's business any more."""
    lane = incident.lane(old_lane(secret))
    over = lane.failure is not None and lane.failure.op is Op.REVOKE
    return put_lane(incident, old_lane(secret), replace(lane, failure=None)) if over else incident
