"""Decisions on a departure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.commands import Asked, Events
from bot.incident.departure.rules import departure_digest, involved, left_to, unagreed
from bot.incident.model import Right
from bot.incident.offer import NEEDED, Offer, Who
from bot.incident.refusals import RIGHT_WORDS, Declined, demand_open, when
from bot.incident.state import Incident
from bot.incident.two_people import demand_listed


def decide(incident: Incident, body: c.DepartureCommand, asked: Asked) -> Events:
    """The second person agrees to exactly what they were shown; another one must agree to what they
    added themselves.
    """
    demand_open(incident)
    departure, actor = incident.departure, asked.actor
    if departure is None:
        raise Declined(f"{incident.id} is not a departure. There is nothing to approve here.")
    if not (actor.may(Right.APPROVE) or actor.may(Right.COMMAND)):
        words = f"cannot {RIGHT_WORDS[Right.APPROVE]} or {RIGHT_WORDS[Right.COMMAND]}"
        raise Declined(f"{actor.name} {words}. Nothing changed.")
    if not unagreed(incident):
        by = f" It was agreed {when(departure.agreed)}." if departure.agreed is not None else ""
        raise Declined(f"No rotation of {incident.id} needs a second approver.{by}")
    demand_listed(actor)
    names = left_to(incident, actor.name)
    if not names:
        raise Declined(_not_theirs(incident, actor.name))
    if body.digest != departure_digest(incident):
        raise Declined(f"The rotations of {incident.id} changed since you saw them. Look again.")
    return (e.DepartureAgreed(names, actor.recorded),)


def _not_theirs(incident: Incident, person: str) -> str:
    """Why this person is no second person to what waits."""
    began = incident.declared.name
    if person == began:
        return f"{began} began this departure. Another person in the people file must approve its rotations."
    names = ", ".join(unagreed(incident))
    return (
        f"{person} added {names}, changed how it is rotated or approved that. Another person in the people file "
        "must approve it."
    )


# Offers of a departure: the second person's agreement.


def agreement(incident: Incident) -> Iterator[Offer]:
    departure, names = incident.departure, unagreed(incident)
    if departure is None or not names:
        return
    excluded = frozenset.intersection(*(involved(incident, name) for name in names))
    who = tuple(Who(frozenset({right}), excluded, human=True) for right in (Right.APPROVE, Right.COMMAND))
    reason = f"a second person must approve rotating {', '.join(names)}"
    body = c.AgreeDeparture(departure_digest(incident))
    yield Offer(c.AgreeDeparture, body, departure.leaver.name, reason, who, NEEDED)
