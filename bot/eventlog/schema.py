"""Brings the database's schema up to this program, at every start."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, inspect, select, text, update

from bot.errors import LogBehind, LogTooNew
from bot.eventlog.contract import NoLog
from bot.eventlog.database import Database
from bot.eventlog.failures import NotPermitted
from bot.eventlog.tables import METADATA

STEPS: Sequence[Callable[[Connection], None]] = ()
"""What brings an older database on: the first from version 1 to 2, and so on. Whoever changes `bot.eventlog.tables`
adds one; a new database is made as these tables stand.
"""
BEHIND = (
    "the event log's schema is missing or older than this program, and a worker's role alone may change it. The worker "
    "brings it up to date: start it first (`bot work`)"
)
_UPGRADE_LOCK = 0x626F742D6C6F67
"""The advisory lock under which PostgreSQL's schema is changed: "bot-log" in ASCII."""
_SCHEMA = Table("schema_version", MetaData(), Column("version", Integer, nullable=False))


def upgrade(database: Database) -> None:
    """Makes what is missing, in one transaction; several processes may start at the same time.

    LogTooNew if the database was written by a newer program, LogBehind if this process's role may not change it,
    LogUnavailable if it cannot be reached.
    """
    with database.reading() as connection:
        if _current(connection) == version():
            return
    try:
        with database.writing() as connection:
            if not database.sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            _change(connection)
    except NotPermitted:
        raise LogBehind(BEHIND) from None


def version() -> int:
    """That of this program."""
    return 1 + len(STEPS)


def _change(connection: Connection) -> None:
    known = _current(connection)  # another process may have been first
    if known is None:
        METADATA.create_all(connection)
        _SCHEMA.create(connection, checkfirst=True)
        connection.execute(insert(_SCHEMA).values(version=version()))
    elif known < version():
        for step in STEPS[known - 1 :]:
            step(connection)
        connection.execute(update(_SCHEMA).values(version=version()))


def demand_log(database: Database) -> None:
    """NoLog unless there is an event log, of whatever schema. Makes none, not even an empty file."""
    if database.sqlite and not database.path.exists():
        raise NoLog(database.name)
    with database.reading() as connection:
        if _current(connection) is None:
            raise NoLog(database.name)


def check_schema(database: Database) -> None:
    """For who leaves the schema to the worker: LogBehind if it is not this program's; otherwise as `upgrade`."""
    with database.reading() as connection:
        if _current(connection) != version():
            raise LogBehind(BEHIND)


def _current(connection: Connection) -> int | None:
    if not inspect(connection).has_table(_SCHEMA.name):
        return None
    known: int | None = connection.execute(select(_SCHEMA.c.version)).scalar_one_or_none()
    if known is not None and known > version():
        raise LogTooNew(
            f"the event log has schema {known}, this program knows schemas up to {version()}: "
            "run the newer program, or give this one another database"
        )
    return known
