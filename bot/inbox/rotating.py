"""Whether a planned rotation can begin now: one at a time at each provider, and none while an incident works there.

The scheduler, a terminal and a form in Slack ask here first, to show what would happen. The worker asks again when it
decides, and gives the result to the log as a condition: of two simultaneous requests, the second one meets the first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.eventlog.sql import EventLog
from bot.incident.refusals import Declined
from bot.model.secrets import SecretEntry
from bot.planned.rules.rotatable import Blocking, Key, Occupied, blocking, occupied


@dataclass(frozen=True)
class AtWork:
    """What open incidents and runs occupy. `holders` has the incident of each secret, by environment and name."""

    holders: Mapping[Key, str]
    taken: tuple[Occupied, ...]

    def besides(self, incident: str) -> tuple[Occupied, ...]:
        return tuple(one for one in self.taken if one.incident != incident)


class NotNow(Declined):
    """A rotation that cannot begin now. The sentence says why, when it can, and what to do until then; `incident` is
    what keeps it from being begun.
    """

    def __init__(self, words: str, incident: str) -> None:
        super().__init__(words)
        self.incident = incident


def at_work(event_log: EventLog, now: datetime) -> AtWork:
    """The state of the log `now`. BotError if an incident is unreadable: what it occupies is then unknown."""
    holders = event_log.taken_secrets()
    # Of a damaged log the last readable state: its secrets are occupied anyway.
    states = (event_log.look(name).incident for name in dict.fromkeys(holders.values()))
    return AtWork(holders, tuple(occupied(state, now) for state in states if state.open))


def having(environment: str, entries: Collection[SecretEntry]) -> Occupied:
    """What a rotation of these secrets will occupy."""
    return Occupied(
        incident="",
        environment=environment,
        routine=True,
        secrets=frozenset(entry.name for entry in entries),
        providers=frozenset(entry.provider for entry in entries),
        consumers=frozenset(consumer.function for entry in entries for consumer in entry.consumers),
    )


def demand_free(wants: Occupied, taken: Collection[Occupied]) -> None:
    """NotNow while another run or an incident is at work there."""
    if found := blocking(wants, taken):
        raise NotNow(not_now(wants, found), found.by.incident)


def not_now(wants: Occupied, found: Blocking) -> str:
    """Why it cannot begin, when it can, and what to do instead: plain sentences."""
    names, by = ", ".join(sorted(wants.secrets)), found.by
    if by.routine:
        until = f"It is expected to end by {by.until:%Y-%m-%d %H:%M} UTC: begin this one then." if by.until else ""
        return " ".join(
            each
            for each in (
                f"{names} cannot be rotated now: {found.words}.",
                until or "Begin this one once that has ended.",
                f"If someone else may have the value, do not wait: bot declare {names.replace(',', '')}.",
            )
            if each
        )
    return (
        f"{names} cannot be rotated now: {found.words}, and an incident goes first. It can begin once {by.incident} is "
        f"closed. If others may have the value, add it there: bot incident add {by.incident} {names.replace(',', '')}."
    )
