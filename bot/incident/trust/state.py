"""What is known of trust."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KnownTrust:
    """Whom the installation does not trust, as far as the incident was told: up to entry `number` of its chain."""

    number: int = 0
    digest: str = ""
    people: tuple[str, ...] = ()
    slack: bool = True
    words: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
