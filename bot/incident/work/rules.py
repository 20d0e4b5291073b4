"""Changes of a lane that more than one subject makes."""

from __future__ import annotations

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.changes import replace
from bot.incident.commands import Events
from bot.incident.lanes import (
    ALL_LANES,
    FALLBACK_LANE,
    HALT,
    PAGE_LANE,
    Lane,
    LaneKind,
    access_lane,
    function_lane,
    new_lane,
    old_lane,
)
from bot.incident.model import PageAction
from bot.incident.operations import OPERATIONS, Op
from bot.incident.refusals import Declined
from bot.incident.state import Incident, LaneState, SecretState

NEEDS_PERSON = "an operation needs a person"


def put_lane(incident: Incident, lane: Lane, state: LaneState) -> Incident:
    before, held = incident.lane(lane).claim, incident.held
    if before is not state.claim:
        held = {number: other for number, other in held.items() if other is not before}
        if state.claim is not None:
            held[state.claim.number] = state.claim
    return replace(incident, lanes={**incident.lanes, lane: state}, held=held)


def lane_of(incident: Incident, claim: int) -> tuple[Lane, LaneState] | None:
    """The lane that holds the claim of this number, if any does."""
    held = incident.held.get(claim)
    return None if held is None else (held.lane, incident.lane(held.lane))


def moves(incident: Incident) -> str:
    """What of a revocation, or of a new key on its way to its place, is under way, as a phrase; empty for nothing."""
    return ", ".join(
        f"{OPERATIONS[claim.op].doing} ({claim.lane.subject})"
        for claim in incident.held.values()
        if claim.op is Op.REVOKE or (claim.lane.kind is LaneKind.NEW and not OPERATIONS[claim.op].beside)
    )


def hurried(incident: Incident, lane: Lane) -> Incident:
    """Without the lane's own pause, because what it waited for has come."""
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
        if PageAction.ASK in (before := incident.lane(lane)).pages:
            lanes[lane] = before.without_page(PageAction.ASK)
    return replace(incident, lanes=lanes)


def ended(incident: Incident, secret: str) -> Incident:
    """The old key is dead: an earlier failed revocation no longer matters."""
    return _forgotten(incident, old_lane(secret), Op.REVOKE)


def not_put_back(incident: Incident, secret: str) -> Incident:
    """The old key is not put back in place: the failure of that must not delay what follows."""
    return _forgotten(incident, new_lane(secret), Op.ROLL_BACK)


def _forgotten(incident: Incident, lane: Lane, op: Op) -> Incident:
    """Without the lane's failure, if it is one of this operation."""
    state = incident.lane(lane)
    over = state.failure is not None and state.failure.op is op
    return put_lane(incident, lane, replace(state, failure=None)) if over else incident


# Decisions on trying again what has failed for good, or waits for a person.


def failed_for_good(incident: Incident, lane: Lane) -> Events:
    return (e.OperationRetried(lane),) if incident.lane(lane).failed_for_good else ()


def retry(incident: Incident, body: c.Retry) -> Events:
    every = [lane for lane in incident.lanes if not _rolled_back(incident, lane)]
    lanes = every if body.lane == ALL_LANES else [body.lane]
    again = [lane for lane in lanes if incident.lane(lane).failed_for_good or _waits_for_person(incident, lane)]
    if not again and _inspected(incident, body.lane):
        again = [body.lane]
    if incident.halted and body.lane in {ALL_LANES, HALT}:
        again.append(HALT)
    if not again:
        raise Declined("Nothing needs a retry: the bot already retries what failed.")
    return tuple(e.OperationRetried(lane) for lane in again)


def _waits_for_person(incident: Incident, lane: Lane) -> bool:
    """Work that did not fail, but proceeds only on request: revoking again a value that still answers, making another
    value after a rejected one of our own, putting a rolled-back one in place again, and checking failing consumers or
    partly refreshed functions at once.
    """
    secret = incident.secrets.get(lane.subject)
    return lane in incomplete_lanes(incident) or (secret is not None and waits_for_retry(secret, lane))


def waits_for_retry(secret: SecretState, lane: Lane) -> bool:
    """Whether this lane of the secret goes on only if a person has it tried again, though nothing failed for good."""
    overdue = lane == old_lane(secret.name) and secret.old.overdue and not secret.gone
    return overdue or (lane == new_lane(secret.name) and (secret.new.held or bool(secret.new.failing)))


def _rolled_back(incident: Incident, lane: Lane) -> bool:
    """Whether a retry puts a new key back that consumers failed with: only of the lane by name."""
    secret = incident.secrets.get(lane.subject)
    return secret is not None and lane == new_lane(secret.name) and secret.new.back_since is not None


def incomplete_lanes(incident: Incident) -> tuple[Lane, ...]:
    """The lanes of partly refreshed functions, while the machine keeps checking them."""
    if not incident.open:
        return ()
    return tuple(function_lane(name) for name in incident.functions if incident.incomplete(name))


def _inspected(incident: Incident, lane: Lane) -> bool:
    """Whether the machine has looked, and can look again though nothing is wrong: for who names the lane."""
    secret = incident.secrets.get(lane.subject)
    looked = secret is not None and lane == access_lane(secret.name) and secret.inspected_at is not None
    return looked and incident.open
