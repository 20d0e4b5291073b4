"""What is asked of an installation when somebody leaves: the declaration of the run in each environment."""

from __future__ import annotations

from bot.incident.model import LeftAlone, WhyLeft
from bot.playbook.departures import Departure
from bot.response.declaration import Declaration, SecretChoice

PLAYBOOK = "departure"
"""The id of the shipped playbook for departures."""


def declared(name: str, departure: Departure, because: str = "") -> Declaration:
    """The run that rotates what leaves with `name` in one environment. The reasons go with the secrets."""
    return Declaration(
        environment=departure.environment,
        secrets=tuple(SecretChoice(planned.name, reason=planned.words) for planned in departure.planned),
        notice=because or f"{name} leaves.",
        playbook=PLAYBOOK,
        leaver=name,
        left_alone=tuple(LeftAlone(left, WhyLeft.PUBLIC) for left in departure.left),
    )
