"""How the severity changes."""

from __future__ import annotations

from bot.incident import events as e
from bot.incident.changes import milestone, replace, responded
from bot.incident.model import By
from bot.incident.severity.state import ChosenSeverity
from bot.incident.state import Incident


def evolve(incident: Incident, event: e.SeveritySet, by: By, seq: int) -> Incident:
    chosen = ChosenSeverity(event.severity, event.reason, by, seq)
    return responded(milestone(replace(incident, severity=chosen), f"{event.severity.words}"), by)
