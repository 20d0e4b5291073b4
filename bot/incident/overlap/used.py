"""Whether something still lived on the old key after the new value had been put in place."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incident.state import SecretState

OWN_LOOK = timedelta(minutes=1)
"""A use so close to a look of ours is that look: providers round their times."""


def used_since(secret: SecretState) -> datetime | None:
    """When the old key was last used, if that was after the new value had been put in place and was no look of ours."""
    used, promoted, looked = secret.old.used_at, secret.new.promoted_at, secret.old.last_probe_at
    if used is None or promoted is None or used <= promoted:
        return None
    own = looked is not None and looked > promoted and abs(used - looked) <= OWN_LOOK
    return None if own else used
