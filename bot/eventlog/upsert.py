"""Rows that may be there already: ``INSERT … ON CONFLICT``, which each database's dialect spells for itself.

The dialect is imported when a row is written, and only the one in use: reading a log on SQLite, as the terminal mostly
does, needs nothing of PostgreSQL's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


def put(connection: Connection, table: Table, row: Mapping[str, object]) -> None:
    """Writes `row`, in the place of the one with the same primary key."""
    insert = _insert(connection, table).values(row)
    key = [column.name for column in table.primary_key]
    others = {name: insert.excluded[name] for name in row if name not in key}
    connection.execute(insert.on_conflict_do_update(index_elements=key, set_=others))


def put_new(connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Writes `row` and returns True, unless one has its place; waits for a transaction that is writing one there."""
    insert = _insert(connection, table).values(row).on_conflict_do_nothing()
    return connection.execute(insert.returning(*table.primary_key)).first() is not None


def put_all_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> list[bool]:
    """The same for several rows in one statement, in their order."""
    insert = _insert(connection, table).values([dict(row) for row in rows]).on_conflict_do_nothing()
    key = [column.name for column in table.primary_key]
    written = {tuple(row) for row in connection.execute(insert.returning(*table.primary_key))}
    return [tuple(row[name] for name in key) in written for row in rows]


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as insert_sqlite

        return insert_sqlite(table)
    from sqlalchemy.dialects.postgresql import insert as insert_postgresql

    return insert_postgresql(table)
