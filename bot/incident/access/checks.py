"""How many checks of what may outlive a key are open: one number, which card, terminal, JSON, report and close tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.incident.model import CheckOutcome
from bot.incident.state import Check, SecretState


@dataclass(frozen=True)
class Checks:
    """`open` of `every`; `waiting` of the open ones can be answered only after their key is dead."""

    open: int
    every: int
    waiting: int

    def __str__(self) -> str:
        """``2 of 5 backdoor checks open``."""
        return f"{self.open} of {self.every} backdoor check{'' if self.every == 1 else 's'} open"

    @property
    def in_full(self) -> str:
        """``6 backdoor checks open: 4 can be done now, 2 once their keys are dead``; as `str` where none waits."""
        if not self.waiting:
            return str(self)
        due, one = self.open - self.waiting, self.waiting == 1
        once = f"once {'its key is' if one else 'their keys are'} dead"
        left = f"{self.open} backdoor check{'' if self.open == 1 else 's'} open"
        if not due:
            return f"{left}: {'it' if one else 'they'} can be done {once}"
        return f"{left}: {due} can be done now, {self.waiting} {once}"


def checks_of(secrets: Iterable[SecretState]) -> Checks:
    """The checks of all these secrets together. An open one counts from the moment that its secret is
    in the incident.
    """
    every = list(secrets)
    return Checks(
        open=sum(len(secret.open_checks) for secret in every),
        every=sum(len(secret.checks) for secret in every),
        waiting=sum(len(secret.open_checks) - len(secret.due_checks) for secret in every),
    )


def found_by_checks(secrets: Iterable[SecretState]) -> Iterator[tuple[str, Check]]:
    """The checks with findings that no person has called ours, by their secrets: removed since, or still open."""
    for secret in secrets:
        for check in secret.checks.values():
            if check.outcome is CheckOutcome.HANDLED or (check.open and check.found):
                yield secret.name, check
