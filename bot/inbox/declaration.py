"""What somebody says when they declare, in names alone: a worker looks the rest up in its own catalog and playbooks."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalog.departures import Departure
from bot.incident.bounds import Overlap, Past
from bot.incident.model import IfFailing, LeftAlone, Strategy, Target, WhyLeft
from bot.incident.stored import Stored
from bot.model.fields import Name, Number, Person, Words


@dataclass(frozen=True)
class SecretChoice:
    """One secret of a declaration. Without a strategy the proposed one is taken; without a target the vault's current
    value is assumed. `replace` False leaves the current value alone (an older one leaked). `if_failing` is what becomes
    of the old value at the end of an overlap while consumers fail; a secret without one has no use for it.
    """

    name: Name
    strategy: Strategy | None = None
    reason: Words = ""
    target: Target | None = None
    replace: bool = True
    if_failing: IfFailing = IfFailing.KEEP


class Declaration(Stored, stored="declare"):
    """What somebody knows at the start. Times are UTC; `notice` is how it was noticed, in their words. Only a departure
    may name no secrets: what the leaver can read is asked then.
    """

    environment: Name
    secrets: tuple[SecretChoice, ...]
    notice: Words
    public: bool = False
    title: Words = ""
    detected_at: Past | None = None
    exposed_at: Past | None = None
    slack_untrusted: bool = False
    """Nothing of it goes to Slack, where somebody may read along or speak in others' names."""
    playbook: Name = "secret-compromise"
    leaver: Person = ""
    """Of a departure: who leaves, as the people file called them."""
    left_alone: tuple[LeftAlone, ...] = ()
    """What stood in the same place and is not declared: it stays an open item of the incident."""
    overlap: Overlap | None = None
    """Of a planned rotation: the seconds for which both values work; None: as catalog and settings say."""


class RedactChoice(Stored, stored="redact"):
    """Proposes to take people's words out of the events of these numbers; the worker reads what that leaves of them."""

    events: tuple[Number, ...]
    reason: Words


class AddChoice(Stored, stored="add-secret"):
    """Adds a catalogued secret to an open incident."""

    choice: SecretChoice


# What is asked of an installation when somebody leaves: the declaration of the run in each environment.


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
