"""When the old key was last used at its provider, asked just before the kill at the end of an overlap.

A use after the new value was put in place shows that something still lives on the old one. In an incident people are
told, and the kill goes on: what leaked must end. In a planned rotation, where nothing leaked, nobody's word counts any
more by that: whatever uses it is looked for first, and two people agree anew.
"""

from __future__ import annotations

from datetime import datetime

from bot.incident.overlap.rules import overlap_end, overlapping
from bot.incident.state import Incident, SecretState


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
