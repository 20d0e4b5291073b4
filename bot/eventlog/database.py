"""The database behind the log: how it is opened, and its failures in our own words."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from operator import methodcaller
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import ConfigurationError
from bot.eventlog.failures import explain
from bot.eventlog.turns import Turns
from bot.private import make_file

WAIT_SECONDS = 10
"""How long a lock that another process holds is waited for."""

STOPPED_SECONDS = 3
"""After so long without a word a session on PostgreSQL belongs to a process that was stopped or cut off."""

POOL = 16
ROOM = 8 * 1024 * 1024
"""Bytes of the disk that SQLite needs to go on: a day of a busy incident."""
_MAKING = threading.Lock()

_ESCAPED = "an @ in user or password is not written %40"
"""Characters after which the rest of a password would be read as server or database, whose names are shown."""

_AS_IT_IS = methodcaller("decode", "utf-8", "replace")
"""Text that is not UTF-8 is read as bytes, so that its digest is wrong in that one row and the file
can still be read.
"""


def fetched(connection: Connection, query: Select[Any], **values: object) -> Sequence[Row[Any]]:
    """All rows, with `values` for the query's parameters. SQLite first takes all text for UTF-8, which is faster, and
    reads again where some is not.
    """
    if connection.dialect.name != "sqlite":
        return connection.execute(query, values).all()
    driver: Any = connection.connection.driver_connection
    driver.text_factory = str
    try:
        return connection.execute(query, values).all()
    except OperationalError as error:
        if hasattr(error.orig, "sqlite_errorcode"):  # SQLite's own; that of the driver, which decodes, has none
            raise
        driver.text_factory = _AS_IT_IS
        return connection.execute(query, values).all()
    finally:
        driver.text_factory = _AS_IT_IS


class Database:
    """One SQLite file or one PostgreSQL database.

    All SQL goes through `reading` and `writing`, which turn every error into LogUnavailable or LogError. On SQLite a
    writing transaction takes the write lock at its beginning: one that reads first and writes later could fail
    half-way.
    """

    def __init__(self, url: str) -> None:
        """ConfigurationError for a URL that is neither SQLite's nor PostgreSQL's. Connects to nothing yet."""
        self.url = _parse(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url) if self.sqlite else _postgres(self.url)
        # On PostgreSQL a transaction around a query shows nothing more, and costs two round trips.
        self._reads = self.engine if self.sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        # SQLite's own waiting for its write lock is a sleep that grows: threads of one process queue here instead.
        self._writer = Turns()

    @property
    def path(self) -> Path:
        """SQLite's file."""
        return Path(str(self.url.database).removeprefix("file:"))

    @property
    def name(self) -> str:
        """Which log this is, for people: SQLite's file, or PostgreSQL's server and database. No user, no password."""
        if self.sqlite:
            return str(self.path.absolute())
        port = f":{self.url.port}" if self.url.port else ""
        return f"postgresql://{self.url.host or 'local socket'}{port}/{self.url.database or ''}"

    @property
    def conninfo(self) -> str:
        """PostgreSQL's address for a connection outside the pool. It holds the password: never print it."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Reads one state of the database (SQLite), or at each query what is committed (PostgreSQL)."""
        with _speaking_plainly(self), self._reads.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Sees one state of the database, however many queries read it, while others write."""
        level = {} if self.sqlite else {"isolation_level": "REPEATABLE READ"}
        with _speaking_plainly(self), self.engine.execution_options(**level).begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at its end, or rolled back by an exception."""
        if not self.sqlite:
            with _speaking_plainly(self), self.engine.begin() as connection:
                yield connection
            return
        with self._writer, _speaking_plainly(self), self.engine.connect() as connection:
            connection.execution_options(immediate=True)
            with connection.begin():
                yield connection

    @property
    def cramped(self) -> bool:
        """Whether SQLite's disk is almost full. False if that is unknown, and for PostgreSQL."""
        try:
            return self.sqlite and shutil.disk_usage(self.path.absolute().parent).free < ROOM
        except OSError:
            return False

    def close(self) -> None:
        """Closes all connections: one that a thread uses just then, once it is given back."""

        @event.listens_for(self.engine, "checkin")
        def _given_back(_connection: object, record: ConnectionPoolEntry) -> None:
            record.close()

        self.engine.dispose()


@contextmanager
def _speaking_plainly(database: Database) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise explain(error, "SQLite" if database.sqlite else "PostgreSQL") from None


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError("BOT_DATABASE_URL: expected sqlite:///PATH or postgresql://…") from None
    except ValueError:  # of the port: it repeats what may be a part of the password
        raise ConfigurationError(f"BOT_DATABASE_URL: the port is no number, or {_ESCAPED}") from None
    if not parsed.drivername.startswith("sqlite") and "@" in f"{parsed.host}{parsed.database}":
        raise ConfigurationError(f"BOT_DATABASE_URL: {_ESCAPED}")
    match parsed.drivername:
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed
        case "postgresql" | "postgres" | "postgresql+psycopg":
            return parsed.set(drivername="postgresql+psycopg")
        case _:
            raise ConfigurationError(
                f"BOT_DATABASE_URL: expected sqlite:///PATH or postgresql://…, not {parsed.drivername}"
            )


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url, hide_parameters=True, pool_size=POOL, max_overflow=POOL, connect_args={"timeout": WAIT_SECONDS}
    )

    @event.listens_for(engine, "do_connect")
    def _make(_dialect: object, _record: object, _given: object, _more: object) -> None:
        if "mode" not in url.query:  # by which an address may forbid to make the file
            _make_private(Path(str(url.database).removeprefix("file:")))

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: `_begin` does
        connection.text_factory = _AS_IT_IS
        _to_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what was blanked or deleted is zeroed, not only let go

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _make_private(path: Path) -> None:
    """Makes the file before SQLite opens it, so that it is private from the start; SQLite gives -wal and -shm the
    permissions of their file. Only one thread does so, before the first connection opens: closing the file here would
    release that connection's locks.
    """
    with _MAKING, suppress(OSError):  # what is wrong with the folder SQLite says, as for any other file
        make_file(path)


def _to_wal(connection: sqlite3.Connection) -> None:
    """Sets the event_log mode, which the file then keeps. Where several processes make the file at the same time SQLite
    answers "busy" without waiting, to avoid a deadlock among them: so this waits.
    """
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _postgres(url: URL) -> Engine:
    try:
        engine = create_engine(
            url,
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            pool_size=POOL,
            max_overflow=POOL,
            pool_pre_ping=True,
            connect_args=PATIENCE,
        )
    except (ImportError, NoSuchModuleError):
        raise ConfigurationError(
            "BOT_DATABASE_URL: PostgreSQL needs its driver: install compromise-bot[postgres]"
        ) from None

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # A process that is suspended in a transaction must not block its successors.
        connection.execute(f"SET idle_in_transaction_session_timeout = '{STOPPED_SECONDS}s'")
        connection.execute(f"SET lock_timeout = '{2 * WAIT_SECONDS}s'")
        connection.commit()

    return engine


PATIENCE: dict[str, int | str] = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "application_name": "bot"}
"""libpq's settings (seconds; milliseconds): a server that has vanished is noticed in seconds, not in a quarter hour."""
