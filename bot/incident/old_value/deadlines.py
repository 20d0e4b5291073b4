"""When a revocation is overdue, and when people are reminded of a value that only they can end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import events as e
from bot.incident.old_value.reminders import reminder_due
from bot.incident.old_value.schedule import overdue_at
from bot.incident.state import Incident, SecretState


def deadlines_of(incident: Incident, secret: SecretState, now: datetime) -> Iterator[datetime | None]:
    yield reminder_due(incident, secret, now)
    yield overdue_at(incident, secret)


def overdue(incident: Incident, at: datetime) -> Iterator[e.ContainmentOverdue]:
    for secret in incident.secrets.values():
        due = overdue_at(incident, secret)
        if due is not None and due <= at:
            yield e.ContainmentOverdue(secret.name)


def awaited(incident: Incident, at: datetime) -> Iterator[e.PersonAwaited]:
    due = {secret.name: reminder_due(incident, secret, at) for secret in incident.secrets.values()}
    names = tuple(name for name, when in due.items() if when is not None and when <= at)
    if names:
        yield e.PersonAwaited(names)
