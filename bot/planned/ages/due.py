"""When each secret's rotation is due by its policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.catalog.catalog import CatalogEntry
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.frozen import Frozen, field
from bot.planned.ages.age import DAY, Age, History, LastResult

SOON = timedelta(days=14)
"""The time before its due date from which people are reminded."""

UNOWNED = "it has no owner"
NOTHING = History()


class DueState(StrEnum):
    """UNDATED: its policy names no age."""

    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"
    UNDATED = "undated"


class How(StrEnum):
    """How a rotation is done: by the machine, with both values working for a while or one at a time, or by people where
    the machine cannot make or revoke values.
    """

    OVERLAP = "overlap"
    ONE_AT_A_TIME = "one-at-a-time"
    BY_HAND = "by-hand"


HOW_WORDS = {
    How.OVERLAP: "by the bot, with overlap",
    How.ONE_AT_A_TIME: "by the bot, one key at a time",
    How.BY_HAND: "by hand, guided",
}


class DueRotation(Frozen):
    """One secret in one environment. `due_at` (UTC) is None without an age in its policy, or if its age is unknown,
    which is overdue. `overdue_because` has a clause for each cause. `not_before` is the catalog's, with the reason
    `put_off`.
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
    """The last time when a new key was put in place whose predecessor is dead by now, confirmed or not; None if there
    was none.
    """

    @property
    def compliant(self) -> bool:
        """Whether its policy is kept."""
        return self.state is not DueState.OVERDUE

    def overdue_days(self, now: datetime) -> int | None:
        """Whole days since it was due; None before that, and if the date is unknown."""
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
    """The policy's verdict on this secret now. `owned` says whether an owner's name means any person."""
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
        because.append("its age is unknown")
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
    """The most urgent first: overdue ones of unknown age, then by due date, ones without a date last."""
    return sorted(
        rotations,
        key=lambda each: (
            list(DueState).index(each.state),
            each.due_at.timestamp() if each.due_at is not None else 0.0,
            each.environment,
            each.secret,
        ),
    )


# Reminders of due rotations: 14, 7 and 1 days before the date, then every day.
#
# A person gets one message a day that has all of theirs in it. What was told is remembered for each of them, so that
# a restart neither repeats it nor forgets it.


AHEAD = (1, 7, 14)
"""Days before the due date, the nearest first."""


class Told(Frozen):
    """A reader's last reminder: its day (in the reader's zone), and by ``environment/secret`` the
    stage at that time.
    """

    day: str = ""
    stages: Mapping[str, str] = field(default_factory=dict)


class Reminder(Frozen):
    """One message with all due or overdue rotations of its reader, the most urgent first. `news` are the reason for
    sending it; `told` is stored afterwards.
    """

    rotations: tuple[DueRotation, ...]
    news: tuple[str, ...]
    told: Told


def subject(rotation: DueRotation) -> str:
    """``production/openai-api-key``."""
    return f"{rotation.environment}/{rotation.secret}"


def stage_of(rotation: DueRotation, now: datetime, today: date) -> str:
    """The stage to report once, empty if there is none yet: another text for each due date, each of the days before it,
    and each overdue day. A secret whose age could not be asked is not reported: it may be young. `today` is the day in
    the reader's zone.
    """
    if rotation.age.unasked:
        return ""
    if rotation.state is DueState.OVERDUE:
        return f"overdue {today.isoformat()}"
    if rotation.state is not DueState.SOON or rotation.due_at is None:
        return ""
    days = next((days for days in AHEAD if rotation.due_at - now <= timedelta(days=days)), None)
    return "" if days is None else f"{days} before {rotation.due_at.isoformat()}"


def reminder(rotations: Sequence[DueRotation], told: Told, now: datetime, today: date) -> Reminder | None:
    """The reminder for one person about their rotations; None without news, or after today's message."""
    if told.day == today.isoformat():
        return None
    stages = {subject(each): stage for each in rotations if (stage := stage_of(each, now, today))}
    news = tuple(name for name, stage in stages.items() if told.stages.get(name) != stage)
    if not news:
        return None
    listed = tuple(each for each in rotations if subject(each) in stages)
    return Reminder(listed, news, Told(today.isoformat(), stages))
