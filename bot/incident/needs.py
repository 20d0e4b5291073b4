"""What stands still until somebody acts, gathered by what it is about: the first things that a face shows.

Consents to plans and proposals, going on after a halt, and what consumers that fail ask for have parts of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident import commands as c
from bot.incident.approval.offers import waits_for_answer
from bot.incident.consumers.lacking import lacked, missing
from bot.incident.lanes import HALT
from bot.incident.model import Strategy
from bot.incident.offers import Offer, Urgency
from bot.incident.state import Incident, SecretState
from bot.model.secrets import Outage

CONSENTS = (c.ApprovePlan, c.RejectPlan, c.ApproveProposal, c.RejectProposal)


@dataclass(frozen=True)
class Need:
    """Offers about one secret, or about one other thing, of which at least one is needed."""

    secret: str
    offers: tuple[Offer, ...]

    def has(self, *kinds: type[c.Act]) -> bool:
        return any(offer.kind in kinds for offer in self.offers)


def troubled(secret: SecretState) -> bool:
    """Whether consumers fail with its new value, or its leaked value serves production again."""
    return bool(secret.new.failing) or secret.new.back_since is not None


def needs(incident: Incident, offers: Iterable[Offer], now: datetime) -> list[Need]:
    """The most urgent first: living keys, then what concerns no key, then what lacks only its new value."""
    gathered: dict[tuple[str, str], list[Offer]] = {}
    for offer in offers:
        urged = offer.urgency is Urgency.NEEDED or _undecided(incident, offer, now)
        if urged and not _elsewhere(incident, offer) and not offer.blocked:
            about = (offer.secret, "" if offer.secret else f"{offer.kind.__name__}:{offer.subject}")
            gathered.setdefault(about, []).append(offer)
    found = [Need(secret, tuple(several)) for (secret, _), several in gathered.items()]
    return sorted(found, key=lambda need: _rank(incident, need))


def lacks_only_new(secret: SecretState) -> bool:
    """Whether nothing is left to be revoked, and its death cannot be proven before there is a new one."""
    return secret.lacks_control and secret.old.ended_at is not None and secret.new.promoted_at is None


def failing(incident: Incident) -> Sequence[SecretState]:
    """Secrets whose consumers fail, or whose leaked value serves again, in an incident that is open."""
    return [secret for secret in incident.secrets.values() if troubled(secret)] if incident.open else []


def unclear(incident: Incident, failing: Iterable[SecretState]) -> dict[str, tuple[str, ...]]:
    """Those of them of which nobody can tell whether it is their own new value that consumers fail with, by name: each
    with the secrets that these consumers lack as well.
    """
    absent = missing(incident)
    found = {secret.name: lacked(secret, absent) for secret in failing}
    return {name: names for name, names in found.items() if names}


def _elsewhere(incident: Incident, offer: Offer) -> bool:
    stopped = offer.command == c.Retry(HALT) or offer.kind is c.ResumeRevocations
    return stopped or offer.kind in CONSENTS or bool(offer.secret and troubled(incident.secrets[offer.secret]))


def _undecided(incident: Incident, offer: Offer, now: datetime) -> bool:
    """Whether it decides on a kill that is to come first, and that nobody has decided on or is asked about."""
    if offer.kind not in {c.KillNow, c.ChooseStrategy} or offer.urgency is Urgency.POSSIBLE:
        return False
    secret = incident.secrets[offer.secret]
    return secret.strategy is Strategy.KILL_FIRST and not waits_for_answer(incident, secret, now)


def _rank(incident: Incident, need: Need) -> tuple[int, bool, bool, bool]:
    """Of living keys those first that are to be killed first, then those that nobody has revoked yet, then those with
    which the product is down.
    """
    if not need.secret:
        return 1, False, False, False
    secret = incident.secrets[need.secret]
    revoked, down = secret.old.revoked_at is not None, secret.entry.outage is Outage.DOWN
    return (2 if secret.gone else 0), secret.strategy is Strategy.OVERLAP, revoked, not down
