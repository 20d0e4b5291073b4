"""What else a consumer that is not well lacks: while it does, nobody can tell with which of its values it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.incident.state import Incident, SecretState


def lacking(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """Other secrets whose old value has ended and whose new one is not in place yet, as far as those consumers read
    them that refuse this one's; empty if one of these consumers has all that it reads.
    """
    return lacked(secret, missing(incident)) if secret.new.failing else ()


def missing(incident: Incident) -> Mapping[str, Sequence[str]]:
    """By function: what it reads of which the old value has ended and the new one is not in place yet."""
    found: dict[str, list[str]] = {}
    for secret in incident.secrets.values():
        ended = secret.gone or secret.old.ended_at is not None
        if ended and secret.new.wanted and secret.new.placed_at is None:
            for function in {one.function for one in secret.entry.consumers}:
                found.setdefault(function, []).append(secret.name)
    return found


def lacked(secret: SecretState, missing: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The same as `lacking`, for who asks of many secrets."""
    each = [[name for name in missing.get(function, ()) if name != secret.name] for function in secret.new.failing]
    return tuple(dict.fromkeys(name for names in each for name in names)) if all(each) else ()
