"""The clocks of an incident: when each thing happened to each secret, and when people must have decided.

They count from the declaration, when the bot could begin; earlier times are shown beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.incident.approval.basis import kill_basis
from bot.incident.obligations.rules import NoticeClock, notice_clocks
from bot.incident.state import Basis, Incident, OldValue, SecretState, Statement
from bot.model.secrets import Data
from bot.model.timings import Timings

# Day and night where the responders live: when people may be reminded, and by when a task of the day is due.


FRIDAY = 4
"""The last working day of the week, as `weekday` counts."""


def is_day(timings: Timings, at: datetime) -> bool:
    """Whether it is day there, on any day of the week."""
    local = at.astimezone(_zone(timings.time_zone))
    return _clock(timings.day_from) <= local.time() < _clock(timings.day_until)


def day_of(timings: Timings, at: datetime) -> date:
    """Which day it is there."""
    return at.astimezone(_zone(timings.time_zone)).date()


def by_day(timings: Timings, at: datetime) -> datetime:
    """`at` (UTC), or where that is in the night the next morning."""
    if is_day(timings, at):
        return at
    local = at.astimezone(_zone(timings.time_zone))
    later = local.time() >= _clock(timings.day_from)
    return _on(timings, local, 1 if later else 0, timings.day_from)


def working_day_end(timings: Timings, at: datetime) -> datetime:
    """The end of the next working day that has not begun yet, when work postponed in the night is done."""
    local = at.astimezone(_zone(timings.time_zone))
    days = 0 if local.time() < _clock(timings.day_from) else 1
    while (local + timedelta(days=days)).weekday() > FRIDAY:
        days += 1
    return _on(timings, local, days, timings.day_until)


def _on(timings: Timings, local: datetime, days: int, seconds: float) -> datetime:
    """That time of day, a number of days later: a day of 23 or 25 hours counts as one."""
    date = (local + timedelta(days=days)).date()
    return datetime.combine(date, _clock(seconds), _zone(timings.time_zone)).astimezone(UTC)


def _clock(seconds: float) -> time:
    minutes = int(seconds) // 60
    return time(minutes // 60, minutes % 60)


@lru_cache
def _zone(name: str) -> ZoneInfo:
    """The data of `tzdata` are installed with the program: each zone that a setting could name is there."""
    return ZoneInfo(name)


REMINDED_BEFORE = timedelta(hours=12)
"""How long before the deadline the page says that no decision was made; and again at the deadline."""
AGAIN = timedelta(hours=24)
"""The time between two reminders of one overdue item."""


@dataclass(frozen=True)
class Clocks:
    """One secret's times (UTC; None: not yet, or unknown) and two durations in seconds from the declaration.

    `approved` is when the revocation had all the consent on which it began, or could begin now: the second of two
    people's, one responder's if that is enough, or broken glass. `refused` is the first refusal, with or without a
    comparison key; `contained` is the first of the run that proved the value dead, each with one: an attested death has
    none. `restored` is since when every consumer is healthy with the replacement.
    """

    exposed: datetime | None
    detected: datetime
    declared: datetime
    approved: datetime | None
    refused: datetime | None
    contained: datetime | None
    restored: datetime | None
    contain_seconds: float | None
    restore_seconds: float | None


def clocks(incident: Incident, secret: SecretState) -> Clocks:
    declared = incident.declared.at
    contained = secret.old.contained_at
    restored = secret.new.restored_at if secret.new.wanted and secret.restored else None
    return Clocks(
        exposed=incident.exposed_at,
        detected=incident.detected_at,
        declared=declared,
        approved=_consented(incident, secret),
        refused=first_refusal(secret.old),
        contained=contained,
        restored=restored,
        contain_seconds=_seconds(declared, contained),
        restore_seconds=_seconds(declared, restored),
    )


def _seconds(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else (end - start).total_seconds()


def _consented(incident: Incident, secret: SecretState) -> datetime | None:
    basis = secret.began_on or kill_basis(incident, secret, incident.last_at)
    return basis.at if isinstance(basis, Basis) else None


SHORTEST_GAP = timedelta(seconds=1)
"""Shorter gaps are unknown, because probes see refusals and acceptances only at intervals."""


@dataclass(frozen=True)
class Gap:
    """The time in which what needs a secret had no working value of it, at most; `until` None while it lasts."""

    since: datetime
    until: datetime | None


def gap(secret: SecretState) -> Gap | None:
    """From the end of the old key to the new one's life; None where there was nothing between them that the log can
    tell, none has ended, or none is wanted in its place.
    """
    ended, live = _none_worked_since(secret.old), secret.new.restored_at if secret.restored else None
    if ended is None or not secret.new.wanted or (live is not None and live - ended < SHORTEST_GAP):
        return None
    return Gap(ended, live)


def _none_worked_since(old: OldValue) -> datetime | None:
    """Since when nothing may have worked with it: its revocation, or the last later probe that saw it accepted; without
    a reported revocation its first refusal.
    """
    said, alive, refused = old.ended_at, old.seen_alive_at, first_refusal(old)
    if refused is not None:
        since = max(said, alive or said) if said is not None else refused
        return min(since, refused)
    if said is None or alive is None or alive <= said:
        return said
    return None if old.last_probe is not None and old.last_probe.liveness == "live" else alive


def first_refusal(old: OldValue) -> datetime | None:
    """When it was first refused. Without a control that proves nothing, but what needs the value may have lacked it."""
    return min((at for at in (old.refused_at, old.only_refused_since) if at is not None), default=None)


@dataclass(frozen=True)
class Notification:
    """The decision about notifying the owners of the data: `due` in UTC, `decided` None while one is open."""

    data: tuple[Data, ...]
    due: datetime
    decided: Statement | None


def notification(incident: Incident) -> Notification | None:
    """The clock of the notification decision: of several obligations the next one. None where none with an hour is
    asked for.
    """
    dated = list(_dated(incident))
    if not dated:
        return None
    kinds = tuple(sorted({secret.entry.data for secret in incident.secrets.values()} - {Data.NONE}))
    if waiting := [at for at, clock in dated if not clock.decided]:
        return Notification(kinds, min(waiting), None)
    decisions = [clock.notice.decision for _, clock in dated if clock.notice.decision is not None]
    last = max(decisions, key=lambda decision: decision.seq)
    said = f"{last.outcome}, decided by {last.decider}: {last.reason}"
    return Notification(kinds, min(at for at, _ in dated), Statement("notification", said, last.by, last.seq))


def _dated(incident: Incident) -> Iterator[tuple[datetime, NoticeClock]]:
    """The obligations whose decision has a deadline, with it."""
    clocks = notice_clocks(incident) if incident.traits.investigates else ()
    return ((clock.decide_by, clock) for clock in clocks if clock.decide_by is not None)


# How long the machine pauses between two looks at something that waits for a person. Each look is recorded, so what
# waits for hours is probed less and less often, until a person acts on it.


OFTEN_FOR = timedelta(hours=1)
"""For so long the pause is that of `Timings.watch`."""
LONGEST = timedelta(minutes=15)
"""From then on it doubles from look to look, up to this."""


def next_look(incident: Incident, secret: SecretState, looked: datetime, *since: datetime | None) -> datetime:
    """The next look at `secret` after the one at `looked`. It has waited since a person last acted on the secret, or
    since the latest of `since`.
    """
    watch = timedelta(seconds=incident.timings.watch)
    spoken = [incident.raised.at, secret.added.at, secret.heard_at]
    over = looked - max(filter(None, [*spoken, *since])) - OFTEN_FOR
    return looked + (watch if over < timedelta() else max(watch, min(2 * watch + over, LONGEST)))
