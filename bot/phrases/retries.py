"""What the button is called that has the machine try again: on it, and wherever people are sent to it."""

from __future__ import annotations

from bot.incident.lanes import Lane, LaneKind
from bot.incident.state import Incident


def retry_words(incident: Incident, lane: Lane) -> str:
    """``Retry revocation``, ``Retry checkout``: says of what, where it can be one of several lanes."""
    secret = incident.secrets.get(lane.subject)
    match lane.kind:
        case LaneKind.HALT:
            return "Go on"
        case LaneKind.OLD if secret is not None:
            return "Look again" if secret.revoked_by_person else "Retry revocation"
        case LaneKind.NEW if secret is not None and secret.new.failing:
            return "Ask consumers again"
        case LaneKind.NEW if secret is not None:
            rolled_back = secret.new.held and bool(secret.new.staged)
            return "Put it in place" if rolled_back else "Make it anew" if secret.new.held else "Retry new value"
        case LaneKind.ACCESS:
            return "Retry checks"
        case LaneKind.DELETE:
            return "Retry deletion"
        case LaneKind.USAGE:
            return "Retry readers"
        case _:
            return f"Retry {lane.subject}".rstrip()
