"""A declaration played through before it is made, with the rules that will decide it: what it would bring about."""

from __future__ import annotations

from collections.abc import Mapping

from bot.incident import commands as c
from bot.incident.decide import decide
from bot.incident.declaration.consequences import Foreseen, consequences
from bot.incident.events import Recorded
from bot.incident.evolve import evolve
from bot.incident.state import Incident


def foresee(envelope: c.Envelope, free: int, joined: Mapping[str, str]) -> Foreseen:
    """What would come of this `Declare` while so many kills by one responder are `free`. `joined` are secrets that an
    open incident has already, with its id. Nothing is recorded.
    """
    return Foreseen(tuple(consequences(rehearsed(envelope, free), envelope.at)), dict(joined))


def rehearsed(envelope: c.Envelope, free: int) -> Incident:
    """The incident right after this `Declare`."""
    incident: Incident | None = None
    for seq, event in enumerate(decide(None, envelope, free), start=1):
        incident = evolve(incident, Recorded(seq, envelope.at, envelope.actor.name, event))
    assert incident is not None
    return incident
