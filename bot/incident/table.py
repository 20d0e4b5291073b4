"""A lane's schedule as a table: the states of the lane, and what each wants, from when.

A lane is in the first of its states that holds. Each row of that state with a known time is wanted, in order; then the
rows beside the states. `docs/lanes.md` shows the tables (`python -m tests.support.documents`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.incident.lanes import Lane
from bot.incident.operations import Op, Work
from bot.incident.state import Incident, SecretState


@dataclass(frozen=True)
class Moment:
    """An incident, looked at at a time (UTC)."""

    incident: Incident
    now: datetime


@dataclass(frozen=True)
class SecretMoment(Moment):
    """The moment of one secret."""

    secret: SecretState


@dataclass(frozen=True)
class Row[M: Moment]:
    """`op` is wanted from `when` on, and not while that is None: `condition` says the same in words. Its success leads
    to one of the states `to`; none are named where the lane stays, or goes on as it was before.
    """

    op: Op
    condition: str
    when: Callable[[M], datetime | None]
    to: tuple[str, ...] = ()
    detail: Callable[[M], str] | None = None


@dataclass(frozen=True)
class State[M: Moment]:
    """`meaning` is a phrase for people. A state without rows waits: for people, or for another lane."""

    name: str
    meaning: str
    holds: Callable[[M], bool]
    rows: tuple[Row[M], ...] = ()


@dataclass(frozen=True)
class Table[M: Moment]:
    """The schedule of a lane, or of several of one kind. `subject` is that of its work."""

    title: str
    lane: Callable[[M], Lane]
    states: tuple[State[M], ...]
    beside: tuple[Row[M], ...] = ()
    subject: Callable[[M], str] = lambda at: at.secret.name if isinstance(at, SecretMoment) else at.incident.id

    def state(self, moment: M) -> State[M] | None:
        """The first that holds; None where the lane has nothing to do in this incident."""
        return next((state for state in self.states if state.holds(moment)), None)

    def wanted(self, moment: M) -> Iterator[Work]:
        """Everything that could be done next, in order, due or not."""
        state = self.state(moment)
        for row in (*(state.rows if state is not None else ()), *self.beside):
            at = row.when(moment)
            if at is not None:
                detail = row.detail(moment) if row.detail is not None else ""
                yield Work(row.op, self.lane(moment), self.subject(moment), at, detail=detail)
