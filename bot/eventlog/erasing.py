"""Erasing: a text that was blanked in a table must also disappear from the database's files.

SQLite zeroes freed pages (`secure_delete`), but the earlier pages remain in the write-ahead log until that is copied
into the file and cut (sqlite.org, PRAGMA wal_checkpoint, TRUNCATE). On PostgreSQL a plain vacuum frees dead rows and
leaves their bytes, so the table is written again (PostgreSQL documentation, VACUUM, FULL). The wish to erase is written
together with the blanking, so that a dying process does not forget it. Copies of the database, and PostgreSQL's own
write-ahead log, are outside its reach.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from sqlalchemy import Connection, Table, select, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.eventlog import upsert
from bot.eventlog.database import WAIT_SECONDS, Database
from bot.eventlog.failures import explain
from bot.eventlog.forms import format_time
from bot.eventlog.tables import CURSORS

SURFACE = "database"
INSTALLATION = "installation"
WANTED, DONE = "wanted", "done"
SQLITE_WAITS = 200
"""Milliseconds that readers are waited for, who keep the write-ahead log from being cut; then it is tried again."""
POSTGRES_WAITS = 5
"""Seconds that a table's users are waited for."""


class Erasing:
    """Remembers what must be erased, and erases it. Methods raise LogUnavailable if the database does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.pending = True
        """Whether something may be left to erase; True until someone has looked."""

    def want(self, connection: Connection, table: Table) -> None:
        """Notes, in the transaction that blanks something of the table, that the table has to be erased."""
        values = {
            "incident": INSTALLATION, "surface": SURFACE, "key": table.name, "seq": 0, "data": WANTED,
            "updated_at": format_time(datetime.now(UTC)),
        }  # fmt: skip
        upsert.put(connection, CURSORS, values)
        self.pending = True

    def wanted(self) -> tuple[str, ...]:
        """The names of the tables that are to be erased."""
        return tuple(self._wanted())

    def erase(self) -> bool:
        """Erases what is due. False if another reader or writer prevented it: try again."""
        self.pending = False  # what someone wants from now on is pending again
        try:
            done = self._erase()
        except BaseException:
            self.pending = True
            raise
        self.pending = self.pending or not done
        return done

    def _erase(self) -> bool:
        wanted = self._wanted()
        if not wanted:
            return True
        done = self._cut_wal() if self._database.sqlite else self._write_anew(tuple(wanted))
        if done:
            with self._database.writing() as connection:
                for table, since in wanted.items():  # not what was wanted again meanwhile
                    mine = (CURSORS.c.surface == SURFACE) & (CURSORS.c.key == table) & (CURSORS.c.updated_at == since)
                    connection.execute(update(CURSORS).where(mine).values(data=DONE))
        return done

    def _wanted(self) -> dict[str, str]:
        """The tables, and when it was last wanted of them."""
        mine = (CURSORS.c.surface == SURFACE) & (CURSORS.c.data == WANTED)
        with self._database.reading() as connection:
            rows = connection.execute(select(CURSORS.c.key, CURSORS.c.updated_at).where(mine).order_by(CURSORS.c.key))
            return {row.key: row.updated_at for row in rows}

    def _cut_wal(self) -> bool:
        try:
            raw = self._database.engine.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute(f"PRAGMA busy_timeout = {SQLITE_WAITS}")
                busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                cursor.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}")
            finally:
                raw.close()
        except sqlite3.Error as error:  # the driver's own: this connection is used below SQLAlchemy
            raise explain(DBAPIError(None, None, error), "SQLite") from None
        except SQLAlchemyError as error:
            raise explain(error, "SQLite") from None
        return not busy

    def _write_anew(self, tables: tuple[str, ...]) -> bool:
        known = {table.name for table in CURSORS.metadata.sorted_tables}
        try:
            with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"SET lock_timeout = '{POSTGRES_WAITS}s'"))
                try:
                    for name in known.intersection(tables):
                        connection.execute(text(f"VACUUM (FULL) {name}"))
                finally:
                    connection.execute(text(f"SET lock_timeout = '{2 * WAIT_SECONDS}s'"))
        except SQLAlchemyError as error:
            raise explain(error, "PostgreSQL") from None
        return True
