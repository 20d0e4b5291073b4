"""Decisions on consumers that fail with the new value."""

from __future__ import annotations

from bot.incident import events as e
from bot.incident.asked import Asked, Events
from bot.incident.consumers.commands import ConsumersCommand
from bot.incident.refusals import Declined, clean, demand_responder, secret_named
from bot.incident.state import Incident


def decide(incident: Incident, body: ConsumersCommand, asked: Asked) -> Events:
    """Excuses only consumers that were not well before the new value either: what it broke is not excused."""
    demand_responder(incident, asked.actor)
    secret = secret_named(incident, body.secret)
    reason = clean(body.reason, "reason")
    if not secret.new.failing:
        raise Declined(f"{secret.name}: no consumer fails with its new value.")
    excused = tuple(name for name in secret.new.failing if name in secret.new.unwell_before)
    if not excused:
        names = " and ".join(secret.new.failing)
        raise Declined(
            f"{names} {'was' if len(secret.new.failing) == 1 else 'were'} well before the new value of {secret.name}, "
            "or nobody had asked: that cannot be overruled."
        )
    return (e.FailingExcused(secret.name, excused, reason),)
