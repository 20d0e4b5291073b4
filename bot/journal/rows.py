"""Reading and writing rows of the log itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import Any

from sqlalchemy import Connection, insert, select

from bot.journal.chain import StoredEvent
from bot.journal.tables import EVENTS, INCIDENTS

_COLUMNS = [EVENTS.c[field.name] for field in fields(StoredEvent)]
_NAMES = [field.name for field in fields(StoredEvent)]
_NUMBER = _NAMES.index("seq")
_SHAPES = frozenset(
    (str, int, *(str,) * 8, command_id, seal) for command_id in (str, type(None)) for seal in (str, type(None))
)
"""The types of a row's columns, with and without `command_id` and `seal`."""


def tail(connection: Connection, incident: str, after: int, limit: int | None = None) -> list[StoredEvent]:
    """The incident's events after number `after`, in order."""
    query = select(*_COLUMNS).where(EVENTS.c.incident == incident, EVENTS.c.seq > after)
    found = connection.execute(query.order_by(EVENTS.c.seq).limit(limit))
    return [_stored(row) for row in found]


def last(connection: Connection, incident: str) -> StoredEvent | None:
    """The incident's newest event."""
    query = select(*_COLUMNS).where(EVENTS.c.incident == incident).order_by(EVENTS.c.seq.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _stored(row)


def _stored(row: Sequence[Any]) -> StoredEvent:
    """SQLite takes any value in any column: what none of ours is becomes one that no digest fits."""
    values: list[Any] = list(row)
    if tuple(map(type, values)) not in _SHAPES:
        number = values[_NUMBER] if type(values[_NUMBER]) is int else 0
        values = [number if at == _NUMBER else repr(value) for at, value in enumerate(values)]
    return StoredEvent(*values)


def of_command(connection: Connection, incident: str, command_id: str) -> list[StoredEvent]:
    """The events that the command led to: the one that carries its id and those after it without one."""
    query = select(EVENTS.c.seq).where(EVENTS.c.incident == incident, EVENTS.c.command_id == command_id)
    seq = connection.execute(query).scalar_one_or_none()
    if seq is None:
        return []
    events = tail(connection, incident, seq - 1)
    end = next((at for at, event in enumerate(events[1:], start=1) if event.command_id is not None), len(events))
    return events[:end]


def add(connection: Connection, events: Sequence[StoredEvent]) -> None:
    """Appends. The caller has moved the summary row before."""
    connection.execute(insert(EVENTS), [dict(zip(_NAMES, astuple(event), strict=True)) for event in events])


def lock(connection: Connection, incident: str) -> None:
    """Waits for the transaction that is appending to this incident, and keeps others from it until ours ends."""
    connection.execute(select(INCIDENTS.c.seq).where(INCIDENTS.c.incident == incident).with_for_update())
