"""What an event changes in a departure."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import milestone, replace
from bot.incident.departure.events import DepartureEvent
from bot.incident.departure.state import Agreement
from bot.incident.model import By
from bot.incident.state import Incident


def evolve(incident: Incident, event: DepartureEvent, by: By) -> Incident:
    departure = incident.departure
    if departure is None:
        return incident
    match event:
        case e.DepartureAgreed():
            given = Agreement(by, frozenset(event.rights))
            agreed = replace(departure, covers={**departure.covers, **dict.fromkeys(event.secrets, given)})
            return milestone(replace(incident, departure=agreed), "a second person has agreed to the departure")
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
