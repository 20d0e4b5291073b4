"""The database's contents besides the logs of incidents: their list, the inbox, and the data of the whole installation.

Reading them needs no rules of incidents, which are slow to import, so a process that only lists incidents starts fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from bot.eventlog.contract import Summary
from bot.eventlog.cursors import Cursors
from bot.eventlog.database import Database, fetched
from bot.eventlog.erasing import Erasing
from bot.eventlog.forms import format_time
from bot.eventlog.inbox import Inbox
from bot.eventlog.installation import Installation
from bot.eventlog.lists import OPEN, all_taken, holder_of, read_summary
from bot.eventlog.seal import Seal
from bot.eventlog.stream_log import InstallationStream, StreamLog
from bot.eventlog.tables import INCIDENTS
from bot.eventlog.trust import TRUST
from bot.eventlog.wakeups import InProcess, Notified, Wakeups

_CHANGED = (
    select(INCIDENTS.c.incident, INCIDENTS.c.seq)
    .where((INCIDENTS.c.state == OPEN) | (INCIDENTS.c.updated_at >= bindparam("not_before")))
    .order_by(INCIDENTS.c.state != OPEN, INCIDENTS.c.updated_at)
)


class Register:
    """Safe to use from several threads, and from several processes on one database. Every method raises LogUnavailable
    when the database cannot be used.
    """

    def __init__(self, database: Database, seal: Seal | None = None) -> None:
        self.database = database
        self.seal = seal
        """That of a worker's process; None elsewhere."""
        self.cursors = Cursors(database)
        self.wakeups: Wakeups = InProcess(database) if database.sqlite else Notified(database)
        self.erasing = Erasing(database)
        self.inbox = Inbox(database, self.wakeups, self.erasing)
        self.installation = Installation(database)
        self._streams: dict[str, StreamLog[Any, Any]] = {}
        self.trust = self.log_of(TRUST)

    def log_of[S, E](self, stream: InstallationStream[S, E]) -> StreamLog[S, E]:
        """The log of this stream, the same one at each call. This process appends to it if it is a worker's."""
        log = self._streams.get(stream.name)
        if log is None:
            log = self._streams.setdefault(stream.name, StreamLog(self.database, self.wakeups, stream))
            if self.seal is not None:
                log.use_seal(self.seal)
        return log

    # --- the list of incidents --------------------------------------------------------------------------------------

    def summary(self, incident: str) -> Summary | None:
        """The incident's line in the list; None if there is none."""
        with self.database.reading() as connection:
            row = connection.execute(select(INCIDENTS).where(INCIDENTS.c.incident == incident)).one_or_none()
        return None if row is None else read_summary(row)

    def incidents(self, state: str | None = None, limit: int | None = None) -> list[Summary]:
        """The list of incidents, newest declaration first; only ``open`` or ``closed`` ones if `state` says so."""
        query = select(INCIDENTS)
        if state is not None:
            query = query.where(INCIDENTS.c.state == state)
        newest = query.order_by(INCIDENTS.c.declared_at.desc(), INCIDENTS.c.incident).limit(limit)
        with self.database.reading() as connection:
            return [read_summary(row) for row in fetched(connection, newest)]

    def owing(self, limit: int) -> list[Summary]:
        """Closed incidents in which people still owe something, newest declaration first."""
        newest = select(INCIDENTS).where(INCIDENTS.c.owed > 0).order_by(INCIDENTS.c.declared_at.desc()).limit(limit)
        with self.database.reading() as connection:
            return [read_summary(row) for row in fetched(connection, newest)]

    def open_incidents(self) -> list[str]:
        """The ids of open incidents, oldest declaration first."""
        query = select(INCIDENTS.c.incident).where(INCIDENTS.c.state == OPEN)
        with self.database.reading() as connection:
            found = connection.execute(query.order_by(INCIDENTS.c.declared_at, INCIDENTS.c.incident)).scalars()
            return [name for name in found if isinstance(name, str)]

    def incident_of(self, environment: str, secret: str) -> str | None:
        """The open incident that this secret is in."""
        with self.database.reading() as connection:
            return holder_of(connection, environment, secret)

    def taken_secrets(self, environment: str | None = None) -> dict[tuple[str, str], str]:
        """All secrets in open incidents: (environment, secret) → incident."""
        with self.database.reading() as connection:
            return all_taken(connection, environment)

    def changes_since(self, known: Mapping[str, int], not_before: datetime | None = None) -> dict[str, int]:
        """The incidents, also closed ones, whose newest event is not the one in `known` (incident → seq), with its
        number: open ones first, ordered by the age of their newest event. Leaves out closed ones whose newest event is
        older than `not_before`, if given. One small query, made for a worker's tick.
        """
        since = "" if not_before is None else format_time(not_before)
        with self.database.reading() as connection:
            found = connection.execute(_CHANGED, {"not_before": since})
            return {name: seq for name, seq in found if known.get(name) != seq and isinstance(name, str)}

    # --- news -------------------------------------------------------------------------------------------------------

    def wait(self, timeout: float) -> bool:
        """Waits at most `timeout` seconds for an append: of this process on SQLite, of any on PostgreSQL.

        True if there may be news since this thread waited last. Never raises for a lost connection.
        """
        return self.wakeups.wait(timeout)

    def wake(self) -> None:
        """Wakes every waiting thread, as an append would."""
        self.wakeups.wake()

    def close(self) -> None:
        """Ends waiting and closes all connections."""
        self.wakeups.close()
        self.database.close()
