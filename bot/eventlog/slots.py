"""The kills that rest on one person's word: three in an environment within twelve hours, over all incidents.

A slot is a row, written in the transaction of the event that takes it: two declarations in the same moment cannot both
have the last one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, text

from bot.eventlog import upsert
from bot.eventlog.forms import format_time
from bot.eventlog.tables import KILL_SLOTS
from bot.incident import events as e
from bot.incident.approval.basis import KILL_WINDOW, KILLS_BY_ONE


def wanted(events: Sequence[e.Event]) -> list[str]:
    """The secrets whose kill takes a slot by these events."""
    return [event.secret for event in events if isinstance(event, e.KillRequested) and event.slot]


def free(connection: Connection, environment: str, at: datetime) -> int:
    """How many kills more one person may start there at this time."""
    return KILLS_BY_ONE - len(_taken(connection, environment, at))


def hold(connection: Connection) -> None:
    """On PostgreSQL: until the end of this transaction nobody else takes a slot. SQLite has one writer anyhow. The
    table's own lock, which needs a right to write it: an advisory one could be held by anybody.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {KILL_SLOTS.name} IN SHARE ROW EXCLUSIVE MODE"))


def take(connection: Connection, environment: str, at: datetime, incident: str, secrets: Collection[str]) -> None:
    """Takes one slot for each of the secrets; call it with as many as are free, after `hold`."""
    if not secrets:
        return
    taken = _taken(connection, environment, at)
    numbers = (number for number in range(1, KILLS_BY_ONE + 1) if number not in taken)
    for secret, number in zip(secrets, numbers, strict=False):
        row = {"environment": environment, "slot": number, "incident": incident, "secret": secret}
        upsert.put(connection, KILL_SLOTS, row | {"taken_at": format_time(at)})


def _taken(connection: Connection, environment: str, at: datetime) -> set[int]:
    since = format_time(at - KILL_WINDOW)
    mine = (KILL_SLOTS.c.environment == environment) & (KILL_SLOTS.c.taken_at > since)
    return set(connection.execute(select(KILL_SLOTS.c.slot).where(mine)).scalars())
