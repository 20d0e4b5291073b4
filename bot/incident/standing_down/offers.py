"""The offer of standing down."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.offer import RESPONDER, SENSIBLE, Offer
from bot.incident.state import Incident


def standing_down(incident: Incident) -> Iterator[Offer]:
    """Only once it can be accepted is it unblocked."""
    rest = "what machines can do is done: the page is resolved, and what is left is done by day"
    if incident.open and incident.stood_down is None:
        yield Offer(c.StandDown, c.StandDown(), "", rest, RESPONDER, SENSIBLE)
