"""What a reminder changes."""

from __future__ import annotations

from bot.incident import events as e
from bot.incident.changes import replace, worse
from bot.incident.model import By
from bot.incident.state import Incident

LEGAL = "a deadline of the law or of a contract is over"


def evolve(incident: Incident, event: e.Reminded, by: By) -> Incident:
    """A deadline of the law wakes people; all else waits for them in the channel."""
    told = replace(incident, reminded={**incident.reminded, event.key: by.at})
    return worse(told, LEGAL, by.at) if event.legal else told
