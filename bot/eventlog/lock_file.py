"""The worker's lock on SQLite: a file lock beside the database. One worker runs at a time.

A suspended process (SIGSTOP) keeps its file lock: no other worker takes over until it continues or is killed.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import LogUnavailable, Misuse
from bot.eventlog.contract import LostLock
from bot.logs import Logger
from bot.private import FILE, write_file

if TYPE_CHECKING:
    from filelock import FileLock

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
