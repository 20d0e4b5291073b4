"""Database errors in our own words. The drivers' texts repeat statements and addresses: they are never passed on.

Codes: https://sqlite.org/rescode.html and PostgreSQL's "Appendix A. PostgreSQL Error Codes".
"""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import LogError, LogUnavailable

_NOT_RECORDED = "nothing was recorded"

_SQLITE = {
    sqlite3.SQLITE_FULL: "the disk is full: make room",
    sqlite3.SQLITE_BUSY: "another process holds its lock for too long: try again",
    sqlite3.SQLITE_LOCKED: "another process holds its lock for too long: try again",
    sqlite3.SQLITE_READONLY: "the file or its folder is read-only: give this user the right to write",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened: check that its folder exists and may be written to",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: restore a copy and run `bot log verify`",
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database",
}

_POSTGRES = {
    "53100": "the server's disk is full: make room",
    "53300": "the server has no connection left",
    "55P03": "another process holds its lock for too long: try again",
    "25006": "the server is read-only: give the address of the primary",
    "3D000": "the server has no database of that name",
    "42501": "the database's role may not do this: a worker's owns the tables, the others get theirs from "
    "docs/sql/roles.sql",
}
_POSTGRES_CLASSES = {
    "08": "the connection broke: try again",
    "28": "the server refused our user or password",
    "40": "two transactions conflicted: try again",
    "57": "the server is shutting down or ended our connection: try again",
}
_MAY_NOT = "42501"
_PASSING = {"08", "40", "57"}


class NotPermitted(LogUnavailable):
    """The database's role lacks the right for this operation."""


class Interrupted(LogUnavailable):
    """Bad luck that the next attempt may not have: a deadlock, a connection that broke. Safe to try again at once,
    since a command that was recorded after all is found by its id.
    """


def explain(error: SQLAlchemyError, name: str) -> LogError:
    """Our own error for the driver's. `name` is the database's kind, for the sentence."""
    if isinstance(error, IntegrityError):
        return LogError(
            "the event log and its summary disagree: run `bot log verify` for the incident, then `bot log rebuild`"
        )
    if isinstance(error, DataError):
        return LogError(f"event log ({name}): the database cannot store a character of what was said; {_NOT_RECORDED}")
    if isinstance(error, PoolTimeout):
        return LogUnavailable(f"event log ({name}): all our connections are busy: try again; {_NOT_RECORDED}")
    if not isinstance(error, DBAPIError) or error.orig is None:
        return LogUnavailable(f"event log ({name}): {type(error).__name__}; {_NOT_RECORDED}")
    return _driver(error, error.orig, name)


def _driver(error: DBAPIError, cause: BaseException, name: str) -> LogError:
    code = getattr(cause, "sqlite_errorcode", None)
    state = getattr(cause, "sqlstate", None) or ""
    if isinstance(code, int):
        said = _SQLITE.get(code & 0xFF, f"SQLite error {code}")
    elif state:
        said = _POSTGRES.get(state) or _POSTGRES_CLASSES.get(state[:2]) or f"PostgreSQL error {state}"
    else:
        said = "no connection: check its address and whether it runs"
    passing = error.connection_invalidated or state[:2] in _PASSING
    kind = Interrupted if passing else NotPermitted if state == _MAY_NOT else LogUnavailable
    return kind(f"event log ({name}): {said}; {_NOT_RECORDED}")
