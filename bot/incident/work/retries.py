"""Decisions on trying again what has failed for good, or waits for a person."""

from __future__ import annotations

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.asked import Events
from bot.incident.lanes import ALL_LANES, HALT, Lane, access_lane, function_lane, new_lane, old_lane
from bot.incident.refusals import Declined
from bot.incident.state import Incident


def failed_for_good(incident: Incident, lane: Lane) -> Events:
    return (e.OperationRetried(lane),) if incident.lane(lane).failed_for_good else ()


def retry(incident: Incident, body: c.Retry) -> Events:
    every = [lane for lane in incident.lanes if not _rolled_back(incident, lane)]
    lanes = every if body.lane == ALL_LANES else [body.lane]
    events: list[e.Event] = []
    for lane in lanes:
        events += failed_for_good(incident, lane) or _waits_for_person(incident, lane)
    if not events:
        events += _inspected_again(incident, body.lane)
    if incident.halted and body.lane in {ALL_LANES, HALT}:
        events.append(e.OperationRetried(HALT))
    if not events:
        raise Declined("Nothing here needs a retry: what failed is being tried again automatically.")
    return tuple(events)


def _waits_for_person(incident: Incident, lane: Lane) -> Events:
    """What did not fail, but goes on only when asked: a value that is called revoked and still answers is revoked once
    more, in place of a value of our own that was rejected another one is made, one that was rolled back is put in place
    again, and failing consumers are asked at once, as are functions that are not fully refreshed.
    """
    if lane in incomplete_lanes(incident):
        return (e.OperationRetried(lane),)
    secret = incident.secrets.get(lane.subject)
    if secret is None:
        return ()
    again = (lane == old_lane(secret.name) and secret.old.overdue and not secret.gone) or (
        lane == new_lane(secret.name) and (secret.new.held or bool(secret.new.failing))
    )
    return (e.OperationRetried(lane),) if again else ()


def _rolled_back(incident: Incident, lane: Lane) -> bool:
    """Whether a retry puts a new value back that consumers failed with: only of the lane by name."""
    secret = incident.secrets.get(lane.subject)
    return secret is not None and lane == new_lane(secret.name) and secret.new.back_since is not None


def incomplete_lanes(incident: Incident) -> tuple[Lane, ...]:
    """Those of functions that are not fully refreshed, while the machine goes on to look at them."""
    if not incident.open:
        return ()
    return tuple(function_lane(name) for name in incident.functions if incident.incomplete(name))


def _inspected_again(incident: Incident, lane: Lane) -> Events:
    """Nothing is wrong, but somebody wants the machine to look again, and names the lane."""
    secret = incident.secrets.get(lane.subject)
    wanted = secret is not None and lane == access_lane(secret.name) and secret.inspected_at is not None
    return (e.OperationRetried(lane),) if wanted and incident.open else ()
