"""The event log on SQLite or PostgreSQL: append-only streams with chain, seals, inbox, locks and lists.

This package is quick to import. `EventLog` itself is in `bot.eventlog.sql`, which imports the events of all subjects; a
process that only lists incidents uses `Register`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.eventlog.contract import (
    Answered,
    CommandAnswer,
    Cursor,
    Cut,
    Damaged,
    Decision,
    InboxRow,
    Looked,
    LostLock,
    NoLog,
    NotAWorker,
    RunChanged,
    SecretTaken,
    Summary,
    TooOld,
)
from bot.eventlog.database import Database
from bot.eventlog.installation import Facts
from bot.eventlog.leadership import Leadership, open_leadership
from bot.eventlog.register import Register
from bot.eventlog.schema import check_schema, demand_log, upgrade
from bot.eventlog.seal import Seal
from bot.eventlog.stream_log import INSTALLATION, StreamDamaged
from bot.eventlog.trust import TrustDamaged

if TYPE_CHECKING:
    from bot.eventlog.sql import EventLog
    from bot.eventlog.transaction import Decide

__all__ = [
    "INSTALLATION",
    "Answered",
    "CommandAnswer",
    "Cursor",
    "Cut",
    "Damaged",
    "Database",
    "Decision",
    "Facts",
    "InboxRow",
    "Leadership",
    "Looked",
    "LostLock",
    "NoLog",
    "NotAWorker",
    "Register",
    "RunChanged",
    "Seal",
    "SecretTaken",
    "StreamDamaged",
    "Summary",
    "TooOld",
    "TrustDamaged",
    "log_of",
    "open_database",
    "open_event_log",
    "open_leadership",
    "upgrade",
]


def open_database(url: str, *, migrate: bool = True, create: bool = True) -> Database:
    """The database at ``sqlite:///PATH`` or ``postgresql://…``, with an up-to-date schema.

    `migrate` False leaves the schema to a worker, `create` False makes no new log: NoLog. ConfigurationError for
    another URL, LogTooNew for a newer program's database, LogBehind for an older one's that this process may not
    change, LogUnavailable if it cannot be reached.
    """
    database = Database(url)
    try:
        if not create:
            demand_log(database)
        upgrade(database) if migrate else check_schema(database)
    except BaseException:
        database.close()
        raise
    return database


def open_event_log(
    url: str, decide: Decide | None = None, seal: Seal | None = None, *, migrate: bool = True, create: bool = True
) -> EventLog:
    """The log at this URL, a worker's with its seal; the errors of `open_database`. `decide` are the incident's own
    rules unless given.
    """
    return log_of(open_database(url, migrate=migrate, create=create), decide, seal)


def log_of(database: Database, decide: Decide | None = None, seal: Seal | None = None) -> EventLog:
    """The log in a database that is open."""
    from bot.eventlog.sql import EventLog  # noqa: PLC0415 - rules and events of all subjects: a list does without them

    return EventLog(database, decide, seal)
