"""Other values that an unhealthy consumer is missing. While it misses one, the value that causes its failure is
unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.incident.state import Incident, SecretState


def lacking(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """Other secrets of the consumers that reject this one's value, with a revoked old key and without a new one in
    place; empty if one of these consumers has everything that it reads.
    """
    return lacked(secret, missing(incident)) if secret.new.failing else ()


def missing(incident: Incident) -> Mapping[str, Sequence[str]]:
    """For each function the secrets it reads with a revoked old key and without a new one in place."""
    found: dict[str, list[str]] = {}
    for secret in incident.secrets.values():
        ended = secret.gone or secret.old.ended_at is not None
        if ended and secret.new.wanted and secret.new.placed_at is None:
            for function in {one.function for one in secret.entry.consumers}:
                found.setdefault(function, []).append(secret.name)
    return found


def lacked(secret: SecretState, missing: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The same as `lacking`, for callers with many secrets."""
    each = [[name for name in missing.get(function, ()) if name != secret.name] for function in secret.new.failing]
    return tuple(dict.fromkeys(name for names in each for name in names)) if all(each) else ()


def troubled(secret: SecretState) -> bool:
    """Whether consumers fail with its new key, or its leaked key serves production again."""
    return bool(secret.new.failing) or secret.new.back_since is not None


def failing(incident: Incident) -> Sequence[SecretState]:
    """Secrets of an open incident whose consumers fail, or whose leaked key is in use again."""
    return [secret for secret in incident.secrets.values() if troubled(secret)] if incident.open else []


def unclear(incident: Incident, failing: Iterable[SecretState]) -> dict[str, tuple[str, ...]]:
    """The failing secrets for which it is unknown whether their own new key is the cause, by name: each with the
    other secrets that these consumers miss.
    """
    absent = missing(incident)
    found = {secret.name: lacked(secret, absent) for secret in failing}
    return {name: names for name, names in found.items() if names}
