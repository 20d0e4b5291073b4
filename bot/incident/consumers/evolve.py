"""How the state of consumers changes: the versions that a function reads, and its health."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incident import events as e
from bot.incident.changes import milestone, put, replace, worse
from bot.incident.consumers.lacking import lacking
from bot.incident.events import ConsumersEvent
from bot.incident.lanes import function_lane
from bot.incident.model import By, Worse
from bot.incident.state import FunctionState, Incident, NewValue
from bot.incident.work.rules import put_lane

LIVE = "a replacement is in use"


def evolve(incident: Incident, event: ConsumersEvent, by: By) -> Incident:
    if isinstance(event, e.FunctionRefreshed):
        return _refreshed(incident, event, by.at)
    secret = incident.secrets[event.secret]
    before = secret.new
    if isinstance(event, e.ConsumersFailing):
        new = _placed(before, event, by, failing=event.consumers)
    else:
        new = _placed(before, event, by, confirmed=event.confirmed)
    after = _blamed(put(incident, replace(secret, new=new)), secret.name, by.at)
    # A page goes out when a consumer begins to fail with a new key, and a note when none fails.
    if new.failing and not before.failing:
        return worse(milestone(after, Worse.FAILING), Worse.FAILING, by.at, routine=True)
    return milestone(after, LIVE) if before.live_at is None and new.live_at is not None else after


def _blamed(incident: Incident, name: str, at: datetime) -> Incident:
    secret = incident.secrets[name]
    new = secret.new
    if not new.failing or lacking(incident, secret):
        return incident
    return put(incident, replace(secret, new=replace(new, blamed_at=new.blamed_at or at)))


def _refreshed(incident: Incident, event: e.FunctionRefreshed, at: datetime) -> Incident:
    before = incident.functions.get(event.function, FunctionState())
    versions = dict(before.versions)
    for parameter, version in event.versions.items():
        versions[parameter] = max(version, versions.get(parameter, 0))
    after = FunctionState(versions, event.complete, event.detail, at)
    incident = replace(incident, functions={**incident.functions, event.function: after})
    if event.complete:
        return incident
    # What it waits for (a deployment, containers that are kept warm) takes a while.
    lane = function_lane(event.function)
    again = at + timedelta(seconds=incident.timings.watch)
    return put_lane(incident, lane, replace(incident.lane(lane), waits_until=again))


def _placed(
    new: NewValue,
    event: e.ValueLive | e.ConsumersAsked | e.ConsumersFailing,
    by: By,
    *,
    confirmed: bool = False,
    failing: tuple[str, ...] = (),
) -> NewValue:
    """The value is accepted and consumers read it: their health with it. It is live if none refuses it."""
    placed = replace(
        new,
        placed_at=new.placed_at or by.at,
        asked_at=by.at,
        confirmed=confirmed,
        live_detail=event.detail,
        as_before=event.as_before,
        roll_back_began_at=None,
        restored_at=(new.restored_at or by.at) if confirmed else None,
    )
    return _failing(placed, failing, by.at)


def _failing(new: NewValue, consumers: tuple[str, ...], at: datetime) -> NewValue:
    if not consumers:
        return replace(new, failing=(), failing_since=None, blamed_at=None, live_at=new.live_at or at)
    return replace(new, failing=consumers, failing_since=new.failing_since or at, live_at=None)
