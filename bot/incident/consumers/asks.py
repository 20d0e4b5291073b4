"""Consumers are asked how they are with a new value again and again while one refuses it. What they say again is
counted, not recorded each time, as looks at a leaked value are (`old_value/looks.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.incident import events as e
from bot.incident.changes import put, replace
from bot.incident.consumers.lacking import lacking
from bot.incident.overlap.rules import last_look_at, look_after_at
from bot.incident.state import Incident, SecretState

LONGEST_UNCOUNTED = timedelta(minutes=30)
"""A count is recorded at least this often."""


@dataclass(frozen=True)
class Asks:
    """How often the consumers of one secret were asked since `base`, when that was last recorded, and last `at`."""

    base: datetime
    count: int
    at: datetime


def asked_quietly(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether asking once more may turn out to say nothing new: they have been asked, no kill waits for it, and none
    has been that it is to tell the outcome of.
    """
    new = secret.new
    asked = new.placed_at is not None and new.asked_at is not None and new.rolling_back is None
    return asked and last_look_at(incident, secret, now) is None and look_after_at(incident, secret) is None


def answers_the_same(incident: Incident, secret: SecretState, answer: e.Outcome) -> bool:
    """Whether the consumers say, of each of them, what is recorded, and it tells no more than it did then."""
    new = secret.new
    if new.failing and new.blamed_at is None and not lacking(incident, secret):
        return False
    match answer:
        case e.ConsumersFailing():
            return set(answer.consumers) == set(new.failing) and answer.detail == new.live_detail
        case e.ConsumersAsked():
            return not new.failing and (answer.confirmed, answer.detail) == (new.confirmed, new.live_detail)
        case _:
            return False


def asks_due(secret: SecretState, now: datetime) -> bool:
    """Whether how often they were asked is to be recorded now."""
    return secret.new.asked_at is None or now - secret.new.asked_at >= LONGEST_UNCOUNTED


def as_asked(incident: Incident, secret: SecretState, asks: Asks) -> Incident:
    """The incident as its agenda is to be read by whoever has asked: asking again is not due yet."""
    return put(incident, replace(secret, new=replace(secret.new, asked_at=asks.at)))
