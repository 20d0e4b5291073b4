"""When people are woken over a leaked value that is kept alive or serves again, and told of what holds an overlap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.overlap.rules import escalation_due, held_by_readers, held_overlap, overdue_at
from bot.incident.state import Incident, SecretState


def deadlines_of(incident: Incident, secret: SecretState) -> Iterator[datetime | None]:
    yield escalation_due(incident, secret)
    yield overdue_at(incident, secret)
    yield held_overlap(incident, secret)


def escalated(incident: Incident, at: datetime) -> Iterator[e.WaitingEscalated]:
    for secret in incident.secrets.values():
        due = escalation_due(incident, secret)
        if due is not None and due <= at:
            yield e.WaitingEscalated(secret.name, secret.new.escalations + 2)


def overdue(incident: Incident, at: datetime) -> Iterator[e.RollBackOverdue]:
    for secret in incident.secrets.values():
        due = overdue_at(incident, secret)
        if due is not None and due <= at:
            yield e.RollBackOverdue(secret.name)


def held(incident: Incident, at: datetime) -> Iterator[e.OverlapHeld]:
    for secret in incident.secrets.values():
        end = held_overlap(incident, secret)
        if end is not None and end <= at:
            copies = tuple(state.copy.name for state in secret.open_copies)
            yield e.OverlapHeld(secret.name, copies, held_by_readers(incident, secret))
