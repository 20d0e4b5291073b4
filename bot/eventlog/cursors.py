"""The last state that Slack and PagerDuty got, so that a crash neither repeats nor loses a message."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row

from bot.eventlog import upsert
from bot.eventlog.contract import Cursor
from bot.eventlog.database import Database
from bot.eventlog.forms import format_time, parse_time
from bot.eventlog.lists import LONG_AGO
from bot.eventlog.tables import CURSORS


class Cursors:
    """The table of cursors. Every method raises LogUnavailable where the database does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, incident: str, surface: str, key: str) -> Cursor | None:
        """One cursor; None if the thing was never sent there."""
        mine = (CURSORS.c.incident == incident) & (CURSORS.c.surface == surface) & (CURSORS.c.key == key)
        with self._database.reading() as connection:
            row = connection.execute(select(CURSORS).where(mine)).one_or_none()
        return None if row is None else _read(row)

    def all(self, incident: str, surface: str | None = None) -> list[Cursor]:
        """All cursors of an incident, of one surface if given, by surface and key."""
        query = select(CURSORS).where(CURSORS.c.incident == incident)
        if surface is not None:
            query = query.where(CURSORS.c.surface == surface)
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(CURSORS.c.surface, CURSORS.c.key))
            return [_read(row) for row in found]

    def of_surface(self, surface: str) -> list[Cursor]:
        """The cursors of one surface, of all incidents."""
        with self._database.reading() as connection:
            return [_read(row) for row in connection.execute(select(CURSORS).where(CURSORS.c.surface == surface))]

    def put(self, cursor: Cursor) -> None:
        """Stores a cursor in the place of the one with the same incident, surface and key."""
        values = {**asdict(cursor), "updated_at": format_time(cursor.updated_at)}
        with self._database.writing() as connection:
            upsert.put(connection, CURSORS, values)


def _read(row: Row[Any]) -> Cursor:
    try:
        updated = parse_time(row.updated_at)
    except (ValueError, TypeError):
        updated = LONG_AGO
    return Cursor(row.incident, row.surface, row.key, row.seq, str(row.data), updated)
