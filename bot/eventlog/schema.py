"""Brings the database's schema up to this program, at every start."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from bot.errors import LogBehind, LogTooNew
from bot.eventlog.contract import NoLog
from bot.eventlog.database import Database
from bot.eventlog.failures import NotPermitted
from bot.eventlog.migrations import HEAD, REVISIONS

BEHIND = (
    "the event log's schema is missing or older than this program, and a worker's role alone may change it. The worker "
    "brings it up to date: start it first (`bot work`)"
)
_UPGRADE_LOCK = 0x626F742D6C6F67
"""The advisory lock under which PostgreSQL's schema is changed: "bot-log" in ASCII."""


def upgrade(database: Database) -> None:
    """Runs the missing migrations, in one transaction; several processes may start at the same time.

    LogTooNew if a newer program wrote the database, LogBehind if this process's role may not change it, LogUnavailable
    if it cannot be reached.
    """
    with database.reading() as connection:
        if _current(connection) == HEAD:
            return
    try:
        with database.writing() as connection:
            if not database.sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            if _current(connection) != HEAD:  # another process may have been first
                _run(connection)
    except NotPermitted:
        raise LogBehind(BEHIND) from None


def demand_log(database: Database) -> None:
    """NoLog unless there is an event log of any schema. Makes none, not even an empty file."""
    if database.sqlite and not database.path.exists():
        raise NoLog(database.name)
    with database.reading() as connection:
        if _current(connection) is None:
            raise NoLog(database.name)


def check_schema(database: Database) -> None:
    """For who leaves the schema to the worker: LogBehind if it is not this program's; otherwise as `upgrade`."""
    with database.reading() as connection:
        if _current(connection) != HEAD:
            raise LogBehind(BEHIND)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if revision is not None and revision not in REVISIONS:
        raise LogTooNew(
            f"the event log has schema {revision}, this program knows schemas up to {HEAD}: "
            "run the newer program, or give this one another database"
        )
    return revision


def _run(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a fifth of a second that an up-to-date start does not need
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
