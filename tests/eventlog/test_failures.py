import sqlite3
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import ConfigurationError, LogError, LogUnavailable
from bot.eventlog import Database, open_event_log
from bot.eventlog.failures import Interrupted, explain
from bot.eventlog.verify import verify
from tests.support.event_logs import declare, note, open_test_log, rules


def test_a_full_disk_is_said_and_nothing_is_half_written(sqlite_url):
    event_log = open_test_log(sqlite_url)
    event_log.execute("inc_a", declare("inc_a"))
    with event_log.database.reading() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    event_log.database.close()  # the limit is a connection's own: fresh ones must get it

    @event.listens_for(event_log.database.engine, "connect")
    def _limit(connection, _record):
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(LogUnavailable, match=r"disk is full.*nothing was recorded"):
        event_log.execute("inc_a", note("n", "burst 500"))
    assert event_log.load("inc_a").seq == 1
    event.remove(event_log.database.engine, "connect", _limit)
    event_log.database.close()
    assert event_log.execute("inc_a", note("n", "burst 500")).incident.seq == 501
    assert verify(event_log.rows("inc_a"), event_log.head("inc_a"), event_log.summary("inc_a")).ok
    event_log.close()


def test_a_read_only_database_can_be_read_and_says_why_not_written(sqlite_url):
    writer = open_test_log(sqlite_url)
    writer.execute("inc_a", declare("inc_a"))
    path = sqlite_url.removeprefix("sqlite:///")
    event_log = open_test_log(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert event_log.load("inc_a").seq == 1
    with pytest.raises(LogUnavailable, match="read-only"):
        event_log.execute("inc_a", note("n"))
    assert event_log.load("inc_a").seq == 1
    event_log.close()
    writer.close()


def test_a_lock_held_for_too_long_is_said(sqlite_url, monkeypatch):
    monkeypatch.setattr("bot.eventlog.database.WAIT_SECONDS", 0.1)
    event_log = open_test_log(sqlite_url)
    event_log.execute("inc_a", declare("inc_a"))
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogUnavailable, match="lock for too long"):
        event_log.execute("inc_a", note("n"))
    assert event_log.load("inc_a").seq == 1  # readers do not wait
    other.execute("ROLLBACK")
    other.close()
    assert not event_log.execute("inc_a", note("n")).repeated
    event_log.close()


def test_a_connection_that_is_in_use_when_the_log_is_closed_is_closed_once_it_is_given_back(sqlite_url):
    database = Database(sqlite_url)
    with database.reading() as connection:
        own = connection.connection.dbapi_connection
        database.close()
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        own.execute("SELECT 1")


def test_a_folder_that_is_not_there_and_a_file_that_is_no_database(tmp_path):
    with pytest.raises(LogUnavailable, match="folder exists"):
        open_event_log(f"sqlite:///{tmp_path}/nowhere/incidents.db")
    Path(tmp_path / "letter.txt").write_text("Dear colleagues, " * 100)
    with pytest.raises(LogUnavailable, match="no SQLite database"):
        open_event_log(f"sqlite:///{tmp_path}/letter.txt")


def test_a_postgres_that_is_not_there(tmp_path):
    with pytest.raises(LogUnavailable, match=r"PostgreSQL.*no connection") as raised:
        open_event_log(f"postgresql://bot:hunter2@/bot?host={tmp_path}")
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_postgres_database_that_is_not_there(postgres_server):
    with pytest.raises(LogUnavailable):
        open_event_log(postgres_server.get_uri(database="nowhere"))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://bot:hunter2@host/db", "incidents.db"])
def test_other_urls_are_a_configuration_error(url):
    with pytest.raises(ConfigurationError, match="BOT_DATABASE_URL: expected sqlite:///PATH") as raised:
        Database(url)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "address",
    ["p@ssw0rd@db/x", "p@ssw0rd@db:5432/x", "p@ss:w0rd@db/x", "p@s/sw0rd@db/x", "ssw0rd@db:port/x", "ssw0rd:5@[::1"],
)
def test_an_address_that_cannot_be_read_is_a_configuration_error_that_repeats_no_password(address):
    with pytest.raises(ConfigurationError, match=r"BOT_DATABASE_URL: .*%40") as raised:
        Database(f"postgresql://bot:{address}")
    assert not [part for part in ("w0rd", "s/s", "::1", "bot:") if part in str(raised.value)]


def test_a_password_that_is_written_as_it_must_be_stands_in_no_name():
    database = Database("postgresql://bot:p%40ssw0rd@db/x")
    assert (database.name, database.url.password) == ("postgresql://db/x", "p@ssw0rd")


def test_postgres_without_its_driver_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r"install compromise-bot\[postgres\]"):
        Database("postgres://bot@host/db")


def test_a_character_that_postgres_cannot_store(postgres_url):
    event_log = open_test_log(postgres_url)
    with pytest.raises(LogError, match="cannot store a character"):
        event_log.execute("inc_a", declare("inc_a", command_id="nul\x00"))
    assert event_log.incidents() == []
    event_log.close()


def end_sessions(postgres_url):
    """All but its own; back once they have ended, or after the five seconds within which they have to."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_ended_sessions_are_replaced_without_anybody_noticing(postgres_url):
    event_log = open_test_log(postgres_url)
    event_log.execute("inc_a", declare("inc_a"))
    end_sessions(postgres_url)
    assert event_log.execute("inc_a", note("n")).incident.seq == 2
    event_log.close()


@pytest.mark.parametrize(("breaks", "ends"), [(1, None), (9, LogUnavailable)])
def test_a_session_that_ends_inside_a_transaction_is_tried_again(postgres_url, breaks, ends):
    tries = []

    def interrupted(incident, envelope, free):
        if incident is not None:
            tries.append(incident.seq)
            if len(tries) <= breaks:
                end_sessions(postgres_url)
        return rules(incident, envelope)

    event_log = open_test_log(postgres_url, decide=interrupted)
    event_log.execute("inc_a", declare("inc_a"))
    if ends is None:
        decision = event_log.execute("inc_a", note("n"))
        assert (decision.incident.seq, decision.repeated, len(tries)) == (2, False, 2)
    else:
        with pytest.raises(ends, match="ended our connection"):
            event_log.execute("inc_a", note("n"))
        assert len(tries) == 3
        assert event_log.load("inc_a").seq == 1
    event_log.close()


def test_waiting_survives_a_lost_connection(postgres_url):
    event_log = open_test_log(postgres_url)
    assert event_log.wait(0)
    end_sessions(postgres_url)
    assert not event_log.wait(0.01)
    assert event_log.wait(0.01)  # listening anew: there may be news
    event_log.execute("inc_a", declare("inc_a"))
    assert event_log.wait(5)
    event_log.close()
    assert not event_log.wait(0)


class Driver(Exception):
    def __init__(self, sqlstate=None, sqlite_errorcode=None) -> None:
        super().__init__("text of the driver with hunter2")
        self.sqlstate = sqlstate
        self.sqlite_errorcode = sqlite_errorcode


@pytest.mark.parametrize(
    ("cause", "said", "kind"),
    [
        (Driver("40P01"), "two transactions conflicted", Interrupted),
        (Driver("08006"), "connection broke", Interrupted),
        (Driver("57P01"), "shutting down", Interrupted),
        (Driver("53100"), "disk is full", LogUnavailable),
        (Driver("25006"), "read-only", LogUnavailable),
        (Driver("28P01"), "refused our user", LogUnavailable),
        (Driver("XX000"), "PostgreSQL error XX000", LogUnavailable),
        (Driver(sqlite_errorcode=sqlite3.SQLITE_IOERR_FSYNC), "disk reports an error", LogUnavailable),
        (Driver(sqlite_errorcode=sqlite3.SQLITE_CORRUPT), "damaged", LogUnavailable),
        (Driver(sqlite_errorcode=99), "SQLite error 99", LogUnavailable),
        (Driver(), "check its address", LogUnavailable),
    ],
)
def test_driver_errors_become_our_own_sentences(cause, said, kind):
    error = explain(DBAPIError("SELECT hunter2", None, cause), "X")
    assert type(error) is kind
    assert said in str(error)
    assert "hunter2" not in str(error)


def test_errors_that_are_not_the_drivers():
    assert "busy" in str(explain(PoolTimeout(), "X"))
    assert "InvalidRequestError" in str(explain(InvalidRequestError("hunter2"), "X"))


def test_a_constraint_that_breaks_points_to_verify(event_log):
    event_log.execute("inc_a", declare("inc_a"))
    with pytest.raises(LogError, match="bot log verify") as raised, event_log.database.writing() as connection:
        connection.execute(text("INSERT INTO events SELECT * FROM events"))
    assert not isinstance(raised.value, LogUnavailable)
