"""What else a consumer that is not well lacks: while it does, nobody can tell with which of its values it fails."""

from __future__ import annotations

from bot.incident.state import Incident, SecretState


def lacking(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """Other secrets whose old value has ended and whose new one is not in place yet, as far as those consumers read
    them that refuse this one's; empty if one of these consumers has all that it reads.
    """
    each = [_lacked(incident, secret, function) for function in secret.new.failing]
    return tuple(dict.fromkeys(name for names in each for name in names)) if each and all(each) else ()


def _lacked(incident: Incident, secret: SecretState, function: str) -> tuple[str, ...]:
    return tuple(
        other.name
        for other in incident.secrets.values()
        if other.name != secret.name and _missing(other) and function in {one.function for one in other.entry.consumers}
    )


def _missing(secret: SecretState) -> bool:
    ended = secret.gone or secret.old.ended_at is not None
    return ended and secret.new.wanted and secret.new.placed_at is None
