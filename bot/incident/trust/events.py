"""What can have happened to trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.incident.stored import stored


@stored("trust-changed")
@dataclass(frozen=True)
class TrustChanged:
    """Whom the installation does not trust from here on: `people` by name and `accounts`, and whether `slack` is
    trusted. Consents of theirs to kills that have not been made are void. `number` and `digest` name the entry of the
    chain that says so.
    """

    number: int
    digest: str
    people: tuple[str, ...]
    slack: bool
    words: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    v: int = 1


@stored("command-proven")
@dataclass(frozen=True)
class CommandProven:
    """Follows what came of a command whose proof can be checked again later (``ssh``, with its signature), or that had
    none (``at-worker``, ``none``): the rest of what was signed stands in `statement`. Of ``slack`` it says only that
    Slack's front has vouched for it: should that not be trusted any more, consent given there is void.
    """

    proof: str
    statement: Mapping[str, str]
    signature: str = ""
    v: int = 1


TrustByPerson = CommandProven
TrustByMachine = TrustChanged
TrustEvent = TrustByPerson | TrustByMachine
