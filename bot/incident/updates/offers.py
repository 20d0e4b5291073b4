"""Offers about status updates."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.model import Right
from bot.incident.offer import NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.state import Incident
from bot.incident.updates.rules import failed_to_reach, skippable, waiting_drafts


def updates(incident: Incident) -> Iterator[Offer]:
    """To look at a draft and let it go out: the commander's, or of whoever may command."""
    commander = incident.commander
    own = (Who(frozenset({Right.RESPOND}), only=frozenset({commander})),) if commander else RESPONDER
    who = (Who(frozenset({Right.RESPOND, Right.COMMAND})), *own)
    for audience, number in waiting_drafts(incident):
        reason = f"The update to {audience.name} waits: read it, change it, let it go out"
        yield Offer(c.ReleaseUpdate, c.ReleaseUpdate(audience.name, number, ""), audience.name, reason, who, NEEDED)
    for audience, number in skippable(incident):
        failed = failed_to_reach(incident, audience)
        reason = (
            f"The update to {audience.name} cannot be sent: tell them in another way, and say how"
            if failed
            else f"The update to {audience.name} need not go out, or not to everybody"
        )
        skip = c.SkipUpdate(audience.name, number, "")
        yield Offer(c.SkipUpdate, skip, audience.name, reason, who, SENSIBLE if failed else POSSIBLE)
