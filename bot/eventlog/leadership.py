"""How a worker is known to be alive: by a lock that dies with its process. On SQLite it is on a file, and one worker
runs at a time; on PostgreSQL it is an advisory lock of a session.

A suspended process (SIGSTOP) keeps its file lock: no other worker takes over until it continues or is killed. A
session ends, and its lock with it, when the process dies, and three seconds after it stops answering
(`idle_session_timeout`): a process under SIGSTOP loses it too. PostgreSQL 14 or newer.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from bot.errors import ConfigurationError, LogUnavailable, Misuse
from bot.eventlog.contract import LostLock
from bot.eventlog.database import PATIENCE, STOPPED_SECONDS, Database
from bot.logs import Logger
from bot.private import FILE, write_file

if TYPE_CHECKING:
    import psycopg
    from filelock import FileLock

    Session = psycopg.Connection[tuple[object, ...]]

GIVE_WAY_SECONDS = 60.0
"""How long an insistent worker waits for another to finish its operation; above any single outside call."""

ENDING_SECONDS = 12.0
"""How long it waits for one that is insistent too, and so stays: for a service that is just being restarted."""

STAYS = "-stays"
"""The end of the id of a worker that does not give way."""

_MOMENT = 0.5
"""Others test the lock by taking it for an instant: an enlisting worker tries this long before it believes them."""

_log = Logger(__name__)


class FileLeadership:
    """`<database>.worker` is locked by the worker, `<database>.worker.id` names it, and `<database>.worker.wanted` is
    locked by a worker that waits for its turn. All three may lie about unlocked: only locks count.
    """

    def __init__(self, database: Path, *, insistent: bool = False, patience: float = GIVE_WAY_SECONDS) -> None:
        self._path = database.with_name(database.name + ".worker")
        self._insistent = insistent
        self._patience = patience
        self._lock = _lock(self._path)
        self._worker = ""
        self._inode = 0

    def enlist(self) -> str:
        """Takes the lock. Misuse while another worker has it (an insistent one first asks and waits for it, in vain if
        the other is insistent too and does not end by itself).
        """
        if not self._acquire():
            raise Misuse(
                "another worker already runs on this event log, and SQLite allows one at a time: let it work, or stop "
                "it first. Workers are `bot serve`, `bot work` and a terminal that waits for its work. For several, "
                "use PostgreSQL: BOT_DATABASE_URL"
            )
        self._worker = f"{secrets.token_hex(6)}-{os.getpid()}{STAYS if self._insistent else ''}"
        self._inode = self._path.stat().st_ino
        self._write_id()
        return self._worker

    def check(self, worker: str) -> None:
        """LostLock if the lock was given back, its file was taken from under it, or it is not this worker's."""
        try:
            held = self._lock.is_locked and self._path.stat().st_ino == self._inode and worker == self._worker
        except FileNotFoundError:
            held = False
        if not held:
            raise LostLock(f"the worker's lock {self._path.name} is gone: another worker may have taken over")

    def living(self) -> frozenset[str]:
        """The holder's id; empty while the lock is free."""
        if self._lock.is_locked:
            return frozenset({self._worker})
        if not _taken(self._path):
            return frozenset()
        try:
            return frozenset({self._id_path.read_text(encoding="ascii").strip()})
        except FileNotFoundError:
            return frozenset()

    def wanted(self) -> bool:
        """Whether this worker should resign for an insistent one that waits. Ask between two operations."""
        return not self._insistent and _taken(self._wanted_path)

    def resign(self) -> None:
        """Gives the lock back."""
        self._lock.release()
        self._worker = ""

    @property
    def _wanted_path(self) -> Path:
        return self._path.with_name(self._path.name + ".wanted")

    @property
    def _id_path(self) -> Path:
        return self._path.with_name(self._path.name + ".id")

    def _acquire(self) -> bool:
        if _try(self._lock, _MOMENT):
            return True
        if not self._insistent:
            return False
        wanted = _lock(self._wanted_path)
        if not _try(wanted, _MOMENT):
            return False  # someone else is next
        try:
            return _try(self._lock, self._patience_with(next(iter(self.living()), "")))
        finally:
            wanted.release()

    def _patience_with(self, holder: str) -> float:
        """How many seconds this holder is waited for; said at once, since nothing else shows for so long."""
        if not holder.endswith(STAYS):
            _log.warning("a terminal's worker has the event log: asked to give way", waits_seconds=self._patience)
            return self._patience
        seconds, process = min(self._patience, ENDING_SECONDS), holder.removesuffix(STAYS).partition("-")[2]
        _log.warning(
            "another `bot serve` or `bot work` has the event log: waiting in case it is ending",
            process=process,
            waits_seconds=seconds,
        )
        return seconds

    def _write_id(self) -> None:
        written = self._id_path.with_name(self._id_path.name + ".new")
        write_file(written, self._worker)
        written.replace(self._id_path)


def _lock(path: Path) -> FileLock:
    from filelock import FileLock  # noqa: PLC0415 - only workers need it

    return FileLock(path, mode=FILE, thread_local=False)


def _try(lock: FileLock, seconds: float) -> bool:
    from filelock import Timeout  # noqa: PLC0415 - as above

    try:
        lock.acquire(timeout=seconds, poll_interval=0.02)
    except Timeout:
        return False
    except OSError as error:
        raise LogUnavailable(
            f"the worker's lock {Path(lock.lock_file).name} cannot be made: {error.strerror}"
        ) from None
    return True


def _taken(path: Path) -> bool:
    if not path.exists():
        return False
    lock = _lock(path)
    if not _try(lock, 0):
        return True
    lock.release()
    return False


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


type Leadership = FileLeadership | SessionLeadership
"""The lock by which a worker is known to be alive. It dies with the process. `check` is called before each outside
call: LostLock also where this process has enlisted again since, under another id.
"""


def open_leadership(database: Database, *, insistent: bool = False) -> Leadership:
    """The worker's lock that belongs to this database.

    `insistent` (for `bot serve` and `bot work`): on SQLite, where one worker runs at a time, it asks a terminal's
    worker to give way and waits for it. On PostgreSQL several workers run side by side; ids of insistent ones come
    first, so one of these leads.
    """
    if database.sqlite:
        return FileLeadership(database.path, insistent=insistent)
    return SessionLeadership(database, insistent=insistent)
