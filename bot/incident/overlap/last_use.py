"""When the old key was last used at its provider, asked just before the kill at the end of an overlap.

A use after the new value was put in place shows that something still lives on the old one. In an incident people are
told, and the kill goes on: what leaked must end. A planned rotation, where nothing leaked, waits for whatever uses it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incident.overlap.rules import overlap_end, overlapping
from bot.incident.state import Incident, SecretState

OWN_LOOK = timedelta(minutes=1)
"""A use so close to a look of ours is that look: providers round their times."""


def ask_at(incident: Incident, secret: SecretState, kill_at: datetime) -> datetime | None:
    """When the provider is asked once more, since the kill could begin at `kill_at`; None if it is not, or has been.

    Only where it has told before: the snapshot knew a last use. It is asked once for each end of an overlap, whatever
    comes of that, so that no kill waits for it.
    """
    old, end = secret.old, overlap_end(incident, secret)
    tells = old.snapshot is not None and old.snapshot.last_used_at is not None
    if not overlapping(secret) or end is None or not tells or not secret.entry.capabilities.snapshots:
        return None
    return kill_at if old.use_asked_at is None or old.use_asked_at < end else None


def used_since(secret: SecretState) -> datetime | None:
    """When the old key was last used, if that was after the new value had been put in place and was no look of ours."""
    used, promoted, looked = secret.old.used_at, secret.new.promoted_at, secret.old.last_probe_at
    if used is None or promoted is None or used <= promoted:
        return None
    own = looked is not None and looked > promoted and abs(used - looked) <= OWN_LOOK
    return None if own else used


def held_by_use(secret: SecretState, *, routine: bool) -> bool:
    """Whether the kill waits for whatever still uses the old key: in a planned rotation alone."""
    return routine and overlapping(secret) and used_since(secret) is not None
