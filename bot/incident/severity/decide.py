"""Decisions on the severity."""

from __future__ import annotations

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.asked import Asked, Events
from bot.incident.refusals import Declined, clean, demand_responder, when
from bot.incident.state import Incident


def decide(incident: Incident, body: c.SetSeverity, asked: Asked) -> Events:
    """What the facts say anyway can be confirmed: then it stays, whatever the facts become."""
    demand_responder(incident, asked.actor)
    chosen = incident.severity
    if chosen is not None and chosen.severity is body.severity:
        raise Declined(f"The severity was set to {chosen.severity.words} {when(chosen.by)}. Nothing was changed.")
    return (e.SeveritySet(body.severity, clean(body.reason, "reason")),)
