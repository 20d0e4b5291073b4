"""Offers about status updates."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.model import Right
from bot.incident.offer import NEEDED, RESPONDER, Offer, Who
from bot.incident.state import Incident
from bot.incident.updates.rules import skippable, waiting_drafts


def updates(incident: Incident) -> Iterator[Offer]:
    """To look at a draft and let it go out: the commander's, or of whoever may command."""
    commander = incident.commander
    own = (Who(frozenset({Right.RESPOND}), only=frozenset({commander})),) if commander else RESPONDER
    who = (Who(frozenset({Right.RESPOND, Right.COMMAND})), *own)
    for audience, number in waiting_drafts(incident):
        reason = f"The update to {audience.name} waits: read it, change it, let it go out"
        yield Offer(c.ReleaseUpdate, c.ReleaseUpdate(audience.name, number, ""), audience.name, reason, who, NEEDED)
    for audience, number in skippable(incident):
        reason = f"The update to {audience.name} need not go out, or not to everybody"
        yield Offer(c.SkipUpdate, c.SkipUpdate(audience.name, number, ""), audience.name, reason, who)
