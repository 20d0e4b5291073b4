"""A person's declaration, in names alone: a worker looks up the rest in its own catalog and playbooks."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalog.departures import Departure
from bot.incident.bounds import Overlap
from bot.incident.model import LeftAlone, Strategy, Target, WhyLeft
from bot.incident.stored import Stored
from bot.incident.told import Told
from bot.model.fields import Name, Number, Person, Words


@dataclass(frozen=True)
class SecretChoice:
    """One secret of a declaration. Without a strategy the proposed one applies; without a target the vault's current
    value is assumed. `replace` False leaves the current value alone (an older one leaked).
    """

    name: Name
    strategy: Strategy | None = None
    reason: Words = ""
    target: Target | None = None
    replace: bool = True


class Declaration(Told, stored="declare", kw_only=True):
    """What the author knows at the start. Only a departure may name no secrets: the worker then looks up what the
    leaver can read.
    """

    secrets: tuple[SecretChoice, ...]
    playbook: Name = "secret-compromise"
    leaver: Person = ""
    """For a departure: the leaver's name in the people file."""
    overlap: Overlap | None = None
    """For a planned rotation: seconds for which both values work; None: by catalog and settings."""


class RedactChoice(Stored, stored="redact"):
    """Proposes to take people's words out of the events of these numbers; the worker reads what that leaves of them."""

    events: tuple[Number, ...]
    reason: Words


class AddChoice(Stored, stored="add-secret"):
    """Adds a catalogued secret to an open incident."""

    choice: SecretChoice


# What is asked of an installation when someone leaves: the declaration of the run in each environment.


PLAYBOOK = "departure"
"""The id of the shipped playbook for departures."""


def declared(name: str, departure: Departure, because: str = "") -> Declaration:
    """The run that rotates what leaves with `name` in one environment. The reasons go with the secrets."""
    return Declaration(
        environment=departure.environment,
        secrets=tuple(SecretChoice(planned.name, reason=planned.words) for planned in departure.planned),
        how_noticed=because or f"{name} leaves.",
        playbook=PLAYBOOK,
        leaver=name,
        left_alone=tuple(LeftAlone(left, WhyLeft.PUBLIC) for left in departure.left),
    )
