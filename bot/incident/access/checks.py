"""How many checks of what may outlive a key are open: one number, which card, terminal, JSON, report and close tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.incident.access.state import Check
from bot.incident.model import CheckOutcome
from bot.incident.state import SecretState


@dataclass(frozen=True)
class Checks:
    """`open` of `every`; `waiting` of the open ones can be ended only once their key is dead."""

    open: int
    every: int
    waiting: int

    def __str__(self) -> str:
        """``2 of 5 persistence checks open``."""
        return f"{self.open} of {self.every} persistence check{'' if self.every == 1 else 's'} open"


def checks_of(secrets: Iterable[SecretState]) -> Checks:
    """Of all these secrets together. An open one counts from the moment that its secret is in the incident."""
    every = list(secrets)
    return Checks(
        open=sum(len(secret.open_checks) for secret in every),
        every=sum(len(secret.checks) for secret in every),
        waiting=sum(len(secret.open_checks) - len(secret.due_checks) for secret in every),
    )


def found_by_checks(secrets: Iterable[SecretState]) -> Iterator[tuple[str, Check]]:
    """The checks that found what nobody has called ours, by their secrets: removed since, or not settled yet."""
    for secret in secrets:
        for check in secret.checks.values():
            if check.outcome is CheckOutcome.HANDLED or (check.open and check.found):
                yield secret.name, check
