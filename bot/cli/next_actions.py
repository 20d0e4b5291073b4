"""What a person can usefully do now, as exact commands, the most urgent first: the offers that are urged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident import commands as c
from bot.incident.commands import Act
from bot.incident.model import TargetKind
from bot.incident.offers import Offer, Urgency, unblocked, urged
from bot.incident.state import Incident
from bot.incident.two_people import others_words
from bot.phrases.readers import ANSWERS
from bot.phrases.times import listed
from bot.phrases.typed import command_line


@dataclass(frozen=True)
class NextAction:
    """`command` can be typed as it stands, but for words in capitals; `why` is a phrase."""

    command: str
    why: str


def next_actions(incident: Incident, now: datetime) -> list[NextAction]:
    """What is needed, then what makes sense. Several offers that are given by one command are one action."""
    sensible = unblocked(offer for offer in urged(incident, now) if offer.urgency < Urgency.POSSIBLE)
    alike: dict[tuple[type[Act], str], list[Offer]] = {}
    for offer in sensible:
        alike.setdefault(_about(offer), []).append(offer)
    actions: dict[str, NextAction] = {}
    for offer in sensible:
        same = alike[_about(offer)]
        if offer is same[0] or offer.kind is not c.BreakGlass:  # one command for all of them
            line = command_line(incident, offer, same)
            actions.setdefault(line, NextAction(line, _why(incident, offer, same)))
    return [*actions.values(), *_to_compare(incident)]


def _to_compare(incident: Incident) -> Iterator[NextAction]:
    for secret in incident.secrets.values() if incident.open and not incident.routine else ():
        if (found := secret.mistaken) is not None:
            why = f"{found.name} compared: what leaked is NOT this value of {secret.name}; declare for it"
            yield NextAction("bot identify --declare", why)
        elif secret.target.kind is TargetKind.ASSUMED and secret.old.fingerprint:
            why = f"nobody compared the leaked value with {secret.name}'s current one"
            yield NextAction(f"bot identify {incident.id} {secret.name}", why)


def _about(offer: Offer) -> tuple[type[Act], str]:
    """What is the same of offers that one command may give: kind and secret; glass is broken for several at once."""
    return offer.kind, "" if offer.kind is c.BreakGlass else offer.secret


def _why(incident: Incident, offer: Offer, alike: Sequence[Offer]) -> str:
    """Of several that are one action, what they have in common; those `alike` are of its kind and its secret."""
    if offer.kind is c.ReviewGlass:
        waiting = [secret for secret in incident.secrets.values() if secret.reviewers_missing]
        broken = {secret.broken.name for secret in waiting if secret.broken}
        others = others_words(max(secret.reviewers_missing for secret in waiting))
        return f"{listed(sorted(broken))} broke the glass; {others} with approve or command must review it"
    if offer.kind is c.EndCheck:
        items = dict.fromkeys(each.subject for each in alike)
        return f"persistence checks: {listed(list(items))}"
    if offer.kind is c.SettleCopy:
        items = dict.fromkeys(each.subject for each in alike)
        return f"copies to be updated, purged or accepted: {listed(list(items))}"
    if offer.kind is c.AccountReader:
        return f"{offer.reason}; {ANSWERS}"
    return offer.reason
