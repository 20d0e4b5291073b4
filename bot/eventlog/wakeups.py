"""How a waiting process learns of an append or a command: by a condition within a process; across processes by NOTIFY
on PostgreSQL, and on SQLite by looking at the number that the file counts its changes with.

A wake-up only says "look". One that is lost (a connection that broke) costs the worker's next tick, nothing more.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import Connection, text

from bot.errors import LogUnavailable
from bot.eventlog.database import PATIENCE, Database

if TYPE_CHECKING:
    import psycopg

CHANNEL = "bot_incidents"
LOOK_SECONDS = 0.05
"""Between two looks at what other processes have written to an SQLite file."""


class InProcess:
    """SQLite: a condition, and between waits of `LOOK_SECONDS` a look at what other processes have written.

    `PRAGMA data_version` is another number whenever another connection has committed: a read of shared memory.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changed = threading.Condition()
        self._count = 0
        self._seen = threading.local()
        self._looking = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._closed = False

    def announce(self, connection: Connection, incident: str) -> None:
        """Nothing to do: `committed` wakes."""

    def committed(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait(self, timeout: float) -> bool:
        until = time.monotonic() + timeout
        while True:
            left = until - time.monotonic()
            heard = self._heard(max(min(left, LOOK_SECONDS), 0.0))
            if self._elsewhere() or heard:
                return True
            if left <= LOOK_SECONDS:
                return False

    def wake(self) -> None:
        self.committed()

    def close(self) -> None:
        with self._looking:
            connection, self._connection, self._closed = self._connection, None, True
            if connection is not None:
                connection.close()
        self.committed()

    def _heard(self, seconds: float) -> bool:
        """Whether this process has appended since this thread looked last."""
        seen = getattr(self._seen, "count", 0)
        with self._changed:
            heard = self._changed.wait_for(lambda: self._count != seen, seconds)
            self._seen.count = self._count
        return heard

    def _elsewhere(self) -> bool:
        """Whether another process has appended. A thread's first look finds nothing: it only sets the start of the
        comparison.
        """
        try:
            version = self._version()
        except sqlite3.Error:  # the next query says what is wrong
            return False
        before, self._seen.version = getattr(self._seen, "version", version), version
        return version != before

    def _version(self) -> int:
        with self._looking:
            if self._closed:
                return 0
            if self._connection is None:
                address = f"file:{quote(str(self._database.path))}?mode=ro"
                self._connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            return int(version)


class Notified:
    """PostgreSQL: each waiting thread LISTENs on a connection of its own: nothing is missed between two waits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._own = threading.local()
        self._open: set[psycopg.Connection[tuple[object, ...]]] = set()
        self._mutex = threading.Lock()
        self._closed = threading.Event()

    def announce(self, connection: Connection, incident: str) -> None:
        connection.execute(text("SELECT pg_notify(:channel, :incident)"), {"channel": CHANNEL, "incident": incident})

    def committed(self) -> None:
        """Nothing to do: PostgreSQL delivers at the commit."""

    def wait(self, timeout: float) -> bool:
        import psycopg  # noqa: PLC0415 - installed only where PostgreSQL is used

        try:
            connection = getattr(self._own, "connection", None)
            if connection is None:
                self._own.connection = self._listen()
                return True  # for appends before we listened
            return bool(list(connection.notifies(timeout=timeout, stop_after=1)))
        except psycopg.Error:
            self._drop()
            self._closed.wait(timeout)
            return False

    def wake(self) -> None:
        with contextlib.suppress(LogUnavailable), self._database.writing() as connection:
            self.announce(connection, "")

    def close(self) -> None:
        self._closed.set()
        with self._mutex:
            connections, self._open = self._open, set()
        for connection in connections:
            connection.close()

    def _listen(self) -> psycopg.Connection[tuple[object, ...]]:
        import psycopg  # noqa: PLC0415 - as above

        connection = psycopg.connect(self._database.conninfo, autocommit=True, **PATIENCE)  # type: ignore[arg-type]
        connection.execute(f"LISTEN {CHANNEL}")
        with self._mutex:
            self._open.add(connection)
        return connection

    def _drop(self) -> None:
        connection = getattr(self._own, "connection", None)
        self._own.connection = None
        if connection is not None:
            with self._mutex:
                self._open.discard(connection)
            connection.close()


type Wakeups = InProcess | Notified
"""`announce` is called inside the appending transaction, `committed` after it. `wait` waits at most so many seconds,
and says whether something was appended since this thread last waited. `wake` wakes the waiters without an append.
"""
