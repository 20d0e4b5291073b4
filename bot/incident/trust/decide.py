"""Decisions on whose word counts."""

from __future__ import annotations

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.state import Incident


def tell_trust(incident: Incident, body: c.TellTrust) -> tuple[e.TrustChanged, ...]:
    """Nothing for an incident that is closed, or that knows it already."""
    known = incident.trust
    same = (known.people, known.slack) == (body.people, body.slack)
    if not incident.open or same or body.number < known.number:
        return ()
    return (e.TrustChanged(body.number, body.digest, body.people, body.slack, body.words),)
