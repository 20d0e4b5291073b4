"""The effects of a declaration: which keys it revokes, who does it and when, and what stops for how long.

They are read from an incident declared in a rehearsal, by the rules that decide the real one, so that people see them
first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.incident import commands as c
from bot.incident.approval.basis import MissingConsent, kill_basis, second_person
from bot.incident.approval.plan import Does, plan_of
from bot.incident.decide import decide
from bot.incident.events import Recorded
from bot.incident.evolve import evolve
from bot.incident.model import Strategy
from bot.incident.state import Incident, SecretState
from bot.model.capabilities import Makes
from bot.model.secrets import Outage, SecretEntry

STEP_SECONDS = 3
"""An estimate of what one step of the machine's takes: a call to a provider, to Parameter Store, or to a function."""
_UNTIL_LIVE = frozenset({Does.ISSUE, Does.INSTALL, Does.VERIFY, Does.STORE, Does.REFRESH})
_AFTER_SWAP = frozenset({Does.STORE, Does.REFRESH})


class Ending(StrEnum):
    """How an old key comes to its end once it is declared."""

    NOW = "now"
    WITH_NEW = "with-new"
    """At once too, but its provider takes the end only once there is a new key."""
    APPROVED = "approved"
    """As soon as a second person has approved it."""
    DECIDED = "decided"
    """When a responder decides it: the author of the declaration is none."""
    OVERLAP = "overlap"
    """Some time after the new key is live, and with a second person's approval."""
    BY_HAND = "by-hand"


@dataclass(frozen=True)
class Consequence:
    """The effect on one secret. `seconds` is the approximate outage while the machine replaces it; None if it lasts
    until a person has made the new key. Nothing stops in an overlap. `why` a second person is needed, empty if none
    is.
    """

    entry: SecretEntry
    ending: Ending
    outage: Outage
    seconds: int | None
    why: str = ""

    @property
    def name(self) -> str:
        return self.entry.name


@dataclass(frozen=True)
class Foreseen:
    """The effects of a whole declaration. `joined` are secrets in an open incident, with its id: nothing new happens to
    them. `untold` says why the effects are unknown now; empty if they are known.
    """

    consequences: tuple[Consequence, ...] = ()
    joined: Mapping[str, str] = field(default_factory=dict)
    untold: str = ""

    @property
    def ended(self) -> tuple[Consequence, ...]:
        """What the declaration revokes without further questions."""
        return self.having(Ending.NOW, Ending.WITH_NEW)

    @property
    def approvals(self) -> tuple[Consequence, ...]:
        return self.having(Ending.APPROVED, Ending.OVERLAP)

    def having(self, *endings: Ending) -> tuple[Consequence, ...]:
        return tuple(each for each in self.consequences if each.ending in endings)

    def stopping(self, outage: Outage) -> tuple[Consequence, ...]:
        """The secrets with this effect on the product."""
        return tuple(each for each in self.consequences if each.outage is outage)


def consequences(incident: Incident, now: datetime) -> Iterable[Consequence]:
    """The effects for an incident that has just been declared."""
    for secret in incident.secrets.values():
        ending = _ending(incident, secret, now)
        outage = Outage.NONE if ending is Ending.OVERLAP else secret.entry.outage
        why = second_person(incident, secret, now) if ending in {Ending.APPROVED, Ending.OVERLAP} else ""
        yield Consequence(secret.entry, ending, outage, _seconds(incident, secret, ending), why)


def _ending(incident: Incident, secret: SecretState, now: datetime) -> Ending:
    if secret.revoked_by_person:
        return Ending.BY_HAND
    if secret.strategy is Strategy.OVERLAP and secret.kill is None:
        return Ending.OVERLAP
    basis = kill_basis(incident, secret, now)
    if isinstance(basis, MissingConsent):
        return Ending.APPROVED if basis.why else Ending.DECIDED
    capabilities = secret.entry.capabilities
    waits = capabilities.swaps or capabilities.revoke_needs_replacement
    return Ending.WITH_NEW if waits else Ending.NOW


def _seconds(incident: Incident, secret: SecretState, ending: Ending) -> int | None:
    if ending is Ending.OVERLAP:
        return 0
    if secret.entry.capabilities.makes is Makes.PERSON:
        return None
    counted = _AFTER_SWAP if secret.entry.capabilities.swaps else _UNTIL_LIVE
    return STEP_SECONDS * sum(step.does in counted for step in plan_of(incident, secret).steps)


# A declaration played through before it is made, with the rules that will decide it.


def foresee(envelope: c.Envelope, free: int, joined: Mapping[str, str]) -> Foreseen:
    """The effects of this `Declare` while so many revocations by one responder are `free`. `joined` are secrets in an
    open incident, with its id. Records nothing.
    """
    return Foreseen(tuple(consequences(rehearsed(envelope, free), envelope.at)), dict(joined))


def rehearsed(envelope: c.Envelope, free: int) -> Incident:
    """The incident right after this `Declare`."""
    incident: Incident | None = None
    for seq, event in enumerate(decide(None, envelope, free), start=1):
        incident = evolve(incident, Recorded(seq, envelope.at, envelope.actor.name, event))
    assert incident is not None
    return incident
