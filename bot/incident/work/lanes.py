"""Changes of a lane that more than one subject makes."""

from __future__ import annotations

from bot.incident.changes import replace
from bot.incident.lanes import FALLBACK_LANE, PAGE_LANE, Lane, function_lane, new_lane, old_lane
from bot.incident.operations import Op
from bot.incident.state import Incident, SecretState
from bot.incident.work.state import LaneState

NEEDS_PERSON = "an operation needs a person"
ALERT_NEEDS_PERSON = "an operation has failed for good and needs a person"


def put_lane(incident: Incident, lane: Lane, state: LaneState) -> Incident:
    before, held = incident.lane(lane).claim, incident.held
    if before is not state.claim:
        held = {number: other for number, other in held.items() if other != lane}
        if state.claim is not None:
            held[state.claim.number] = lane
    return replace(incident, lanes={**incident.lanes, lane: state}, held=held)


def lane_of(incident: Incident, claim: int) -> tuple[Lane, LaneState] | None:
    """The lane that holds the claim of this number, if any does."""
    lane = incident.held.get(claim)
    return None if lane is None else (lane, incident.lane(lane))


def hurried(incident: Incident, lane: Lane) -> Incident:
    """Without the pause that the lane makes by itself: what it waited for has come."""
    return put_lane(incident, lane, replace(incident.lane(lane), waits_until=None))


def readers_hurried(incident: Incident, secret: SecretState) -> Incident:
    """The functions that read it have something else to read now: none waits for its next look."""
    for consumer in secret.entry.consumers:
        lane = function_lane(consumer.function)
        if incident.lane(lane).waits_until is not None:
            incident = hurried(incident, lane)
    return incident


def pages_healed(incident: Incident) -> Incident:
    """A note that could not be sent must not keep the page from being resolved."""
    pages = {lane: incident.lane(lane).healed() for lane in (PAGE_LANE, FALLBACK_LANE)}
    return replace(incident, lanes={**incident.lanes, **pages})


def asks_anew(incident: Incident) -> Incident:
    """Pagers are to ask for another approval: that they failed to ask for the one before says nothing of it."""
    lanes = dict(incident.lanes)
    for lane in (PAGE_LANE, FALLBACK_LANE):
        if "ask" in (before := incident.lane(lane)).pages:
            lanes[lane] = before.without_page("ask")
    return replace(incident, lanes=lanes)


def ended(incident: Incident, secret: str) -> Incident:
    """The old value is proven dead: a revocation that had failed for good is nobody's business any more."""
    return _forgotten(incident, old_lane(secret), Op.REVOKE)


def not_put_back(incident: Incident, secret: str) -> Incident:
    """The old value is not put back in place any more: that it could not be must not hold what comes instead."""
    return _forgotten(incident, new_lane(secret), Op.ROLL_BACK)


def _forgotten(incident: Incident, lane: Lane, op: Op) -> Incident:
    """Without the lane's failure, if it is one of this operation."""
    state = incident.lane(lane)
    over = state.failure is not None and state.failure.op is op
    return put_lane(incident, lane, replace(state, failure=None)) if over else incident
