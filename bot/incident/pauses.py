"""How long the machine pauses between two looks at something that waits for a person. Each look is recorded, so what
waits for hours is looked at ever more seldom, until somebody says something about it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incident.state import Incident, SecretState

OFTEN_FOR = timedelta(hours=1)
"""For so long the pause is that of `Timings.watch`."""
LONGEST = timedelta(minutes=15)
"""From then on it doubles from look to look, up to this."""


def next_look(incident: Incident, secret: SecretState, looked: datetime, *since: datetime | None) -> datetime:
    """When what concerns `secret` is looked at again after `looked`. It has waited since a person last spoke of the
    secret, or since the latest of `since`.
    """
    watch = timedelta(seconds=incident.timings.watch)
    spoken = [incident.raised.at, secret.added.at, secret.heard_at]
    over = looked - max(filter(None, [*spoken, *since])) - OFTEN_FOR
    return looked + (watch if over < timedelta() else max(watch, min(2 * watch + over, LONGEST)))
