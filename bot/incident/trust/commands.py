"""What can be asked of trust."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored


@stored("tell-trust")
@dataclass(frozen=True)
class TellTrust:
    """Whom the installation does not trust now, as entry `number` of its chain has it; `words` say who said so.
    `accounts` are theirs, as somebody without an entry in the people file is recorded.
    """

    number: int
    digest: str
    people: tuple[str, ...]
    slack: bool
    words: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


TrustCommand = TellTrust
