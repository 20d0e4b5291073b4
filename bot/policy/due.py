"""When each secret's rotation is due by its policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.playbook.catalog import CatalogEntry
from bot.policy.age import DAY, Age, History, LastResult

SOON = timedelta(days=14)
"""Before its due date, from when on people are told of it."""

UNOWNED = "nobody owns it"
NOTHING = History()


class DueState(StrEnum):
    """UNDATED: its policy names no age."""

    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"
    UNDATED = "undated"


class How(StrEnum):
    """How a rotation will be done: by the machine, where old and new value live side by side for a while or only one
    at a time, or by people where the machine cannot make or end its values.
    """

    OVERLAP = "overlap"
    ONE_AT_A_TIME = "one-at-a-time"
    BY_HAND = "by-hand"


HOW_WORDS = {
    How.OVERLAP: "by the machine, in overlap",
    How.ONE_AT_A_TIME: "by the machine, one value at a time",
    How.BY_HAND: "by hand, guided",
}


@dataclass(frozen=True)
class DueRotation:
    """One secret in one environment. `due_at` (UTC) is None where its policy names no age, or where its age is not
    known; that is overdue. `overdue_because` has a clause for each cause. `not_before` is the catalog's, `put_off` why.
    """

    environment: str
    secret: str
    title: str
    provider: str
    owner: str
    age: Age
    rotate_after_days: int | None
    due_at: datetime | None
    state: DueState
    how: How
    overdue_because: tuple[str, ...] = ()
    last: LastResult | None = None
    not_before: datetime | None = None
    put_off: str = ""
    in_place_at: datetime | None = None
    """When the last new value was put in place whose predecessor is dead by now, confirmed or not; None if none was."""

    @property
    def compliant(self) -> bool:
        """Whether its policy is kept."""
        return self.state is not DueState.OVERDUE

    def overdue_days(self, now: datetime) -> int | None:
        """Whole days since it was due; None before that, and where nobody knows since when."""
        return None if self.due_at is None or self.due_at > now else (now - self.due_at) // DAY


def how_of(capabilities: Capabilities) -> How:
    """How the machine can rotate it, if at all."""
    if capabilities.makes is Makes.PERSON or capabilities.revokes is RevokedBy.PERSON:
        return How.BY_HAND
    return How.ONE_AT_A_TIME if capabilities.swaps else How.OVERLAP


def due_of(
    entry: CatalogEntry,
    age: Age,
    how: How,
    now: datetime,
    *,
    owned: Callable[[str], bool] = lambda owner: bool(owner.strip()),
    history: History = NOTHING,
) -> DueRotation:
    """What the policy says of this secret now. `owned` says whether an owner's name stands for anybody."""
    limit = entry.policy.rotate_after_days
    due_at = None if limit is None or age.since is None else age.since + limit * DAY
    because = tuple(_overdue(entry, age, due_at, now, owned, history.left))
    return DueRotation(
        entry.environment, entry.name, entry.title, entry.provider, entry.owner, age, limit, due_at,
        _state(because, limit, due_at, now), how, because, history.last, entry.policy.not_before, entry.policy.because,
        history.in_place_at,
    )  # fmt: skip


def _overdue(
    entry: CatalogEntry, age: Age, due_at: datetime | None, now: datetime,
    owned: Callable[[str], bool], left: str,
) -> list[str]:  # fmt: skip
    because = [left] if left else []
    limit = entry.policy.rotate_after_days
    if limit is not None and due_at is None:
        because.append("its age is not known")
    if due_at is not None and due_at <= now:
        because.append(f"{age.days(now)} days old; its policy is {limit}")
    if not owned(entry.owner):
        because.append(UNOWNED)
    return because


def _state(because: tuple[str, ...], limit: int | None, due_at: datetime | None, now: datetime) -> DueState:
    if because:
        return DueState.OVERDUE
    if limit is None or due_at is None:
        return DueState.UNDATED
    return DueState.SOON if due_at - now <= SOON else DueState.LATER


def in_order(rotations: list[DueRotation]) -> list[DueRotation]:
    """The most pressing first: overdue ones of unknown age, then by due date, those without a date last."""
    return sorted(
        rotations,
        key=lambda each: (
            list(DueState).index(each.state),
            each.due_at.timestamp() if each.due_at is not None else 0.0,
            each.environment,
            each.secret,
        ),
    )
