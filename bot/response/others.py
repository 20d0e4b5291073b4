"""Who else could have given a command that was refused to somebody: a refusal is no use without that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.incident.commands import Command
from bot.incident.model import Actor
from bot.incident.offers import available, covers, may
from bot.incident.state import Incident
from bot.phrases.approvals import who_can


def who_else(incident: Incident, command: Command, actor: Actor, people: Iterable[Actor], now: datetime) -> str:
    """``Who can: ben or chloe.``; empty where the actor could, or where nobody can as things stand."""
    offered = [offer for offer in available(incident, now) if covers(offer, command, incident) and not offer.blocked]
    if not offered or any(may(actor, offer) for offer in offered):
        return ""
    names = who_can(people, offered[0])
    return f"Who can: {names}." if names else f"Nobody of the people file can: it takes {offered[0].whom}."
