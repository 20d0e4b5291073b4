"""Offers of a departure: the second person's agreement."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.departure.rules import departure_digest, involved, unagreed
from bot.incident.model import Right
from bot.incident.offer import NEEDED, Offer, Who
from bot.incident.state import Incident


def agreement(incident: Incident) -> Iterator[Offer]:
    departure, names = incident.departure, unagreed(incident)
    if departure is None or not names:
        return
    excluded = frozenset.intersection(*(involved(incident, name) for name in names))
    who = tuple(Who(frozenset({right}), excluded, human=True) for right in (Right.APPROVE, Right.COMMAND))
    reason = f"a second person must agree that {', '.join(names)} {'is' if len(names) == 1 else 'are'} rotated"
    body = c.AgreeDeparture(departure_digest(incident))
    yield Offer(c.AgreeDeparture, body, departure.leaver.name, reason, who, NEEDED)
