"""Users of a new key that is no longer in place: its key must not be revoked before they stop."""

from __future__ import annotations

from collections.abc import Mapping

from bot.incident.access.copies import copies_having
from bot.incident.consumers.schedule import not_ready
from bot.incident.state import Incident, SecretState


def may_use(incident: Incident, secret: SecretState, fingerprint: str) -> tuple[str, ...]:
    """What may use a new key that was in its place, or in part, and is not the last one put there: its functions and
    copies by name; its parameters, while their contents are unknown.
    """
    parameters = () if secret.new.standing else tuple(part.parameter for part in secret.entry.parts)
    return (*(parameters or not_ready(incident, secret)), *copies_having(secret, fingerprint))


def kept_for(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """What may use the present new key, which the bot made, though it is not in place; empty if it never was."""
    new = secret.new
    if new.promoted_at is not None or not new.ours or new.fingerprint not in new.began:
        return ()
    return may_use(incident, secret, new.fingerprint)


def living_on(incident: Incident, secret: SecretState) -> dict[str, tuple[str, ...]]:
    """The keys of new keys that are not in place and do not end, by id, each with what may use it."""
    new = secret.new
    used = {key: may_use(incident, secret, fingerprint) for key, fingerprint in new.superseded.items()}
    used[new.ours] = kept_for(incident, secret)
    return {key: by for key, by in used.items() if by}


def unused(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """The ids of keys to revoke now: orphans, and keys that nothing can use."""
    new = secret.new
    orphans = (key for key, ended in new.orphans.items() if not ended)
    over = (key for key, fingerprint in new.superseded.items() if not may_use(incident, secret, fingerprint))
    return (*orphans, *over)


def living_words(living: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Some of these in words, as phrases: closing over them leaves keys that still work and that the bot does not
    revoke.
    """
    return tuple(
        f"its key {key} still works because {', '.join(by)} may use it: revoke it by hand" for key, by in living.items()
    )
