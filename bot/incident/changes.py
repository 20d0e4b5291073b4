"""The two changes to an incident that every part of `evolve` makes."""

from __future__ import annotations

from dataclasses import replace

from bot.incident.state import Incident, SecretState


def put(incident: Incident, secret: SecretState) -> Incident:
    return replace(incident, secrets={**incident.secrets, secret.name: secret})


def milestone(incident: Incident, text: str) -> Incident:
    """Milestones go to the pager: they say nothing of the secret."""
    return replace(incident, milestones=(*incident.milestones, text))
