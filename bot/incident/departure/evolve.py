"""How an event changes a departure."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import milestone, replace
from bot.incident.departure.rules import agreed_plan, makers, unagreed
from bot.incident.events import DepartureEvent
from bot.incident.model import By
from bot.incident.state import Agreement, DepartureState, Incident, SecretState


def evolve(incident: Incident, event: DepartureEvent, by: By) -> Incident:
    departure = incident.departure
    if departure is None:
        return incident
    match event:
        case e.DepartureAgreed():
            added = {name: _with(departure, incident.secrets[name], event, by) for name in event.secrets}
            after = replace(incident, departure=replace(departure, given={**departure.given, **added}))
            if set(event.secrets) & set(unagreed(after)):
                return after
            return milestone(after, "a second person approved the departure")
        case e.LeaverLookedUp():
            looked = replace(
                departure,
                looked_at=by.at,
                asked=frozenset(event.secrets),
                reaches={reach.secret: reach for reach in event.reaches},
                unknown=event.unknown,
                grants_known=event.grants_known,
            )
            return replace(incident, departure=looked)
        case _:
            assert_never(event)


def _with(departure: DepartureState, secret: SecretState, event: e.DepartureAgreed, by: By) -> tuple[Agreement, ...]:
    given = Agreement(by, frozenset(event.rights), agreed_plan(secret), makers(secret))
    return (*departure.given.get(secret.name, ()), given)
