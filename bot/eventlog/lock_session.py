"""The worker's lock on PostgreSQL: an advisory lock of a session that must show signs of life.

The session ends, and its lock with it, when the process dies, and three seconds after it stops answering
(`idle_session_timeout`): a process under SIGSTOP loses it too. PostgreSQL 14 or newer.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from typing import TYPE_CHECKING

from sqlalchemy import text

from bot.errors import ConfigurationError, LogUnavailable
from bot.eventlog.contract import LostLock
from bot.eventlog.database import PATIENCE, STOPPED_SECONDS, Database

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[object, ...]]

IDLE_SECONDS = STOPPED_SECONDS
TOUCH_SECONDS = 1.0

_OURS = 0x626F
"""The upper 15 bits of every worker's key ("bo" in ASCII), which distinguish it from other programs' locks."""
_FREE_BITS = 48
_DRAWN_BITS = _FREE_BITS - 1
"""The random bits. The bit above them is unset for an insistent worker, so that its id comes first and it leads. All
keys have nineteen digits, and so the same order as their texts.
"""

_LIVING = text(
    # A lock on one 64-bit key shows as its two halves, with objsubid 1 (PostgreSQL manual, pg_locks).
    "SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND objsubid = 1"
    " AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint >> 16) = :ours"
    # Anyone can take such a lock. A worker's role can write the log: a front that poses as a worker is none.
    " AND coalesce(has_table_privilege(usesysid, to_regclass('events'), 'INSERT'), true)"
)


class SessionLeadership:
    """A worker's id is the key of its advisory lock, so one query lists the running workers. `insistent` as for
    `open_leadership`.
    """

    def __init__(self, database: Database, *, insistent: bool = False) -> None:
        self._database = database
        self._insistent = insistent
        self._session: Session | None = None
        self._worker = ""
        self._ended = threading.Event()
        self._keeper: threading.Thread | None = None

    def enlist(self) -> str:
        """Opens a session and takes a lock with a new key; releases an earlier one.

        ConfigurationError if a connection pooler is in between, LogUnavailable if the server does not answer.
        """
        import psycopg  # noqa: PLC0415 - installed only where PostgreSQL is used

        self.resign()
        key = (_OURS << _FREE_BITS) | ((not self._insistent) << _DRAWN_BITS) | secrets.randbits(_DRAWN_BITS)
        try:
            session = psycopg.connect(self._database.conninfo, autocommit=True, **PATIENCE)  # type: ignore[arg-type]
        except psycopg.Error:
            raise LogUnavailable("event log (PostgreSQL): no connection for the worker's lock") from None
        try:
            _refuse_pooler(session)
            session.execute(f"SET idle_session_timeout = '{IDLE_SECONDS}s'")
            session.execute("SELECT pg_advisory_lock(%s)", (key,))
        except psycopg.Error:
            session.close()
            raise LogUnavailable("event log (PostgreSQL): the worker's lock could not be taken") from None
        except ConfigurationError:
            session.close()
            raise
        self._session, self._ended = session, threading.Event()
        self._worker = str(key)
        self._keeper = threading.Thread(target=_keep, args=(session, self._ended), name="worker-lock", daemon=True)
        self._keeper.start()
        return self._worker

    def check(self, worker: str) -> None:
        """One round trip on the lock's own session. LostLock if the session has ended, and its lock with it, or belongs
        to another worker.
        """
        import psycopg  # noqa: PLC0415 - as above

        session = self._session  # before the id, which is named last: no other's session is asked in its place
        if session is not None and worker == self._worker:
            try:
                session.execute("SELECT 1")
            except psycopg.Error:
                session.close()  # no more than that: the worker may have enlisted again by now
            else:
                return
        raise LostLock("the worker's session on PostgreSQL has ended, and its lock with it")

    def living(self) -> frozenset[str]:
        """The keys that are held, from `pg_locks`."""
        with self._database.reading() as connection:
            return frozenset(str(row.key) for row in connection.execute(_LIVING, {"ours": _OURS}))

    def wanted(self) -> bool:
        """Never: workers run side by side."""
        return False

    def resign(self) -> None:
        """Ends the session, and with it the lock."""
        self._ended.set()
        session, self._session, self._worker = self._session, None, ""
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        if session is not None:
            _give_back(session)


def _refuse_pooler(session: Session) -> None:
    """A pooler assigns servers by transaction: the lock would stay with one server, and the touches reach another.

    It is recognised because it answers the connection with a process id of its own, which differs from the server's.
    """
    row = session.execute("SELECT pg_backend_pid()").fetchone()
    if row is None or row[0] != session.info.backend_pid:
        raise ConfigurationError(
            "BOT_DATABASE_URL: a connection pooler is between the worker and PostgreSQL, and the worker's lock needs "
            "a session of its own. Enter the address of the server itself"
        )


def _give_back(session: Session) -> None:
    """Unlocks before it closes: the server notices a closed connection a moment later."""
    import psycopg  # noqa: PLC0415 - as above

    with contextlib.suppress(psycopg.Error):
        session.execute("SELECT pg_advisory_unlock_all()")
    session.close()


def _keep(session: Session, ended: threading.Event) -> None:
    """Shows signs of life until told to stop or the session is lost; `check` reports the loss to the worker."""
    import psycopg  # noqa: PLC0415 - as above

    with contextlib.suppress(psycopg.Error):
        while not ended.wait(TOUCH_SECONDS):
            session.execute("SELECT 1")
