"""Decisions on whose word counts."""

from __future__ import annotations

from bot.incident import events as e
from bot.incident.state import Incident
from bot.incident.trust.commands import TellTrust, TrustCommand
from bot.incident.trust.state import KnownTrust


def is_told(known: KnownTrust, tell: TellTrust) -> bool:
    """Whether that says nothing new, whichever entry of the chain it is of."""
    return (known.people, known.slack, known.accounts) == (tell.people, tell.slack, tell.accounts)


def decide(incident: Incident, body: TrustCommand) -> tuple[e.TrustChanged, ...]:
    """Nothing for an incident that is closed, or that knows it already."""
    known = incident.trust
    if not incident.open or is_told(known, body) or body.number < known.number:
        return ()
    return (e.TrustChanged(body.number, body.digest, body.people, body.slack, body.words, body.accounts),)
