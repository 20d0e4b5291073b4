"""Decisions on whose word counts."""

from __future__ import annotations

from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.asked import Asked, Events
from bot.incident.model import Right
from bot.incident.refusals import demand
from bot.incident.state import Incident
from bot.incident.trust.commands import TellTrust, TrustCommand
from bot.incident.trust.state import KnownTrust


def decide(incident: Incident, body: TrustCommand, asked: Asked) -> Events:
    match body:
        case c.TellTrust():
            return _tell_trust(incident, body)
        case c.SealLog():
            demand(asked.actor, Right.COMMAND)
            return (e.LogSealed(body.head),)
        case _:
            assert_never(body)


def is_told(known: KnownTrust, tell: TellTrust) -> bool:
    """Whether that says nothing new, whichever entry of the chain it is of."""
    return (known.people, known.slack, known.accounts) == (tell.people, tell.slack, tell.accounts)


def _tell_trust(incident: Incident, body: c.TellTrust) -> tuple[e.TrustChanged, ...]:
    """Nothing for an incident that is closed, or that knows it already."""
    known = incident.trust
    if not incident.open or is_told(known, body) or body.number < known.number:
        return ()
    return (e.TrustChanged(body.number, body.digest, body.people, body.slack, body.words, body.accounts),)
