"""Reading and writing rows of the log itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec.structs import astuple
from sqlalchemy import Connection, bindparam, insert, select, text, update

from bot.eventlog.chain import REDACTED, RedactedEvent, StoredEvent, cut_of
from bot.eventlog.database import fetched
from bot.eventlog.tables import EVENTS, INCIDENTS, LOCKS
from bot.incident.model import Cut

_NAMES = StoredEvent.__struct_fields__
_COLUMNS = [EVENTS.c[name] for name in _NAMES]
_NUMBER = _NAMES.index("seq")
_AFTER = (
    select(*_COLUMNS)
    .where(EVENTS.c.stream == bindparam("of"), EVENTS.c.seq > bindparam("after"))
    .order_by(EVENTS.c.seq)
)
"""Made once: to make the statement again would take longer than to carry it out."""
_SHAPES = frozenset(
    (str, int, *(str,) * 8, command_id, seal) for command_id in (str, type(None)) for seal in (str, type(None))
)
"""The types of a row's columns, with and without `command_id` and `seal`."""


def tail(connection: Connection, stream: str, after: int, limit: int | None = None) -> list[StoredEvent]:
    """The stream's events after number `after`, in order."""
    query = _AFTER if limit is None else _AFTER.limit(limit)
    found = [_stored(row) for row in fetched(connection, query, of=stream, after=after)]
    return _with_cuts(connection, stream, found)


def _with_cuts(connection: Connection, stream: str, found: list[StoredEvent]) -> list[StoredEvent]:
    """Rows without data and salt, with what a later event keeps of them."""
    if all(row.data or row.salt for row in found):
        return found
    mine = (EVENTS.c.stream == stream) & (EVENTS.c.kind == REDACTED)
    cuts: dict[int, Cut] = {}
    for data in connection.execute(select(EVENTS.c.data).where(mine).order_by(EVENTS.c.seq)).scalars():
        if (cut := cut_of(str(data))) is not None:
            cuts.setdefault(cut.seq, cut)
    return [
        RedactedEvent(**{name: getattr(row, name) for name in _NAMES}, cut=cuts[row.seq])
        if not (row.data or row.salt) and row.seq in cuts
        else row
        for row in found
    ]


def blank(connection: Connection, stream: str, numbers: Collection[int]) -> None:
    """Takes data and salt out of these events; all else that they are made of stays, and so does the chain."""
    mine = (EVENTS.c.stream == stream) & EVENTS.c.seq.in_(numbers)
    connection.execute(update(EVENTS).where(mine).values(data="", salt=""))


def last(connection: Connection, stream: str) -> StoredEvent | None:
    """The stream's newest event."""
    query = select(*_COLUMNS).where(EVENTS.c.stream == stream).order_by(EVENTS.c.seq.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _with_cuts(connection, stream, [_stored(row)])[0]


def _stored(row: Sequence[Any]) -> StoredEvent:
    """SQLite takes any value in any column: what none of ours is becomes one that no digest fits."""
    if tuple(map(type, row)) in _SHAPES:
        return StoredEvent(*row)
    number = row[_NUMBER] if type(row[_NUMBER]) is int else 0
    values: list[Any] = [number if at == _NUMBER else repr(value) for at, value in enumerate(row)]
    return StoredEvent(*values)


def of_command(connection: Connection, stream: str, command_id: str) -> list[StoredEvent]:
    """The events of the command: the one that carries its id and the following ones without an id."""
    query = select(EVENTS.c.seq).where(EVENTS.c.stream == stream, EVENTS.c.command_id == command_id)
    seq = connection.execute(query).scalar_one_or_none()
    if seq is None:
        return []
    events = tail(connection, stream, seq - 1)
    end = next((at for at, event in enumerate(events[1:], start=1) if event.command_id is not None), len(events))
    return events[:end]


def commands_of(events: Sequence[StoredEvent], numbers: Collection[int]) -> set[str]:
    """The ids of the commands that led to the events of these numbers; `events` are the whole log."""
    found, command = set[str](), None
    for event in events:
        command = event.command_id or command
        if event.seq in numbers and command is not None:
            found.add(command)
    return found


def add(connection: Connection, events: Sequence[StoredEvent]) -> None:
    """Appends. The caller has moved the incident's summary row before, or holds the lock of `lock_all`."""
    if events:
        connection.execute(insert(EVENTS), [dict(zip(_NAMES, astuple(event), strict=True)) for event in events])


def lock(connection: Connection, incident: str) -> None:
    """Waits for the transaction that is appending to this incident, and keeps others from it until ours ends."""
    connection.execute(select(INCIDENTS.c.seq).where(INCIDENTS.c.incident == incident).with_for_update())


def lock_all(connection: Connection) -> None:
    """Until the end of this transaction no other one counts revocations to start another, or appends to a stream of the
    installation. On PostgreSQL this is a table's own lock, which needs a write right: an advisory lock could be held by
    any role. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {LOCKS.name} IN SHARE ROW EXCLUSIVE MODE"))
