"""Backups: of a log that is being written, to either database, and of none but whole files."""

import shutil
import sqlite3
import threading
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import select, update

from bot.errors import LogError, LogTooNew, Misuse
from bot.eventlog import Seal, open_database
from bot.eventlog.backup import back_up, restore
from bot.eventlog.contract import Cursor, InboxRow
from bot.eventlog.tables import COMMANDS, EVENTS, METADATA
from bot.eventlog.verify import verify_incident
from bot.incident import commands as c
from bot.incident import events as e
from bot.secrets.secret import Secret
from tests.support.databases import empty_log
from tests.support.event_logs import AT, SEAL, command, declare, note, open_test_log


def now():
    return AT


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request, tmp_path):
    """An empty database of each kind, to restore into."""
    if request.param == "sqlite":
        return empty_log(tmp_path / "restored.db")
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def source(tmp_path):
    log = open_test_log(empty_log(tmp_path / "source.db"))
    yield log
    log.close()


@pytest.fixture
def file(source, tmp_path):
    """A backup of an incident that is open and of one that is closed."""
    source.execute("inc_a", declare("inc_a", "openai"))
    source.execute("inc_b", declare("inc_b", "redis"))
    source.execute("inc_b", command("close", c.Close("done")))
    source.cursors.put(Cursor("inc_a", "slack", "card", 2, '{"ts":"1"}', AT))
    source.inbox.put(InboxRow("c1", 1, "inc_a", "", "ada", "note", "{}", "ssh", "signed"))
    path = tmp_path / "bot.backup"
    back_up(source, SEAL, path, now)
    return path


@contextmanager
def opened(url):
    log = open_test_log(url)
    try:
        yield log
    finally:
        log.close()


def put_back(file, url, seal=SEAL):
    database = open_database(url)
    try:
        return restore(file, database, seal, AT)
    finally:
        database.close()


def all_rows(log):
    with log.database.snapshot() as connection:
        return {
            table.name: {tuple(row) for row in connection.execute(select(table))} for table in METADATA.sorted_tables
        }


def test_every_row_comes_back_on_either_database_and_its_open_incidents_say_so(source, file, empty):
    restored = put_back(file, empty)

    assert (restored.incidents, restored.events, restored.at) == (2, 5, AT)
    assert [(stream.name, stream.seq) for stream in restored.streams if stream.at] == [("inc_a", 2)]
    before = all_rows(source)
    with opened(empty) as log:
        after = all_rows(log)
        assert all(before[name] <= after[name] for name in before if name != "incidents")
        assert all(verify_incident(log, incident).ok for incident in ("inc_a", "inc_b"))
        [lost] = log.events("inc_a")[2:]
        assert (lost.actor, lost.event) == ("bot", e.RecordsLost("", AT))
        assert log.head("inc_b") == source.head("inc_b"), "what is closed is as it was"
        log.execute("inc_a", note("afterwards"))
        log.inbox.put(InboxRow("c2", 1, "inc_a", "", "ada", "note", "{}", "ssh", "signed"))
        assert [row.number for row in log.inbox.waiting()] == [1, 2], "rows are numbered on"


def test_a_log_that_is_written_meanwhile_is_backed_up_as_it_was_at_one_moment(database_url, tmp_path):
    url = database_url
    with opened(url) as log:
        log.execute("inc_a", declare("inc_a", "openai"))
        done = threading.Event()

        def write():
            for number in range(10_000):
                if done.is_set():
                    return
                log.execute("inc_a", note(f"n{number}"))
                log.cursors.put(Cursor("inc_a", "slack", "card", number, "{}", AT))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            backups = [back_up(log, SEAL, tmp_path / f"{number}.backup", now) for number in range(3)]
        finally:
            done.set()
            writer.join()
        assert backups[0].events < backups[2].events <= log.load("inc_a").seq
    restored = empty_log(tmp_path / "restored.db")
    put_back(tmp_path / "2.backup", restored)
    with opened(restored) as log:
        assert log.load("inc_a").seq == backups[2].events + 1
        assert verify_incident(log, "inc_a").ok


def test_the_file_is_its_owners_and_replaced_whole(source, file):
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    with source.database.writing() as connection:
        connection.execute(update(EVENTS).where(EVENTS.c.stream == "inc_a").values(actor="mallory"))
    with pytest.raises(LogError, match=r"does not hold, so nothing was written\. inc_a: event 1 .* was changed"):
        back_up(source, SEAL, file, now)
    assert file.read_bytes() == before
    assert not list(file.parent.glob(".bot.backup*"))


@pytest.mark.parametrize("place", ["missing/bot.backup", "folder"])
def test_a_place_that_cannot_be_written_is_named(source, tmp_path, place):
    (tmp_path / "folder").mkdir()
    with pytest.raises(Misuse, match=f"{place} cannot be written: "):
        back_up(source, SEAL, tmp_path / place, now)


# --- files that are not taken ---------------------------------------------------------------------------------------


def change(statement):
    def changed(path):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    return changed


def cut(path):
    path.write_bytes(path.read_bytes()[:-5000])


NOT_TAKEN = {
    "missing": (lambda path: path.unlink(), "cannot be read: No such file"),
    "empty": (lambda path: path.write_bytes(b""), "was not made by `bot log backup`"),
    "cut short": (cut, "is no backup of a log, or damaged"),
    "foreign": (
        lambda path: path.write_text("no database" * 100),
        "is no backup of a log, or damaged: .* is no SQLite",
    ),
    "older": (change("DELETE FROM alembic_version"), "was made by an older program"),
    "rows deleted": (change("DELETE FROM events WHERE stream = 'inc_b'"), "was changed since it was written"),
    "rows changed": (change("UPDATE cursors SET data = '{}'"), "was changed since it was written"),
    "no mark": (change("DROP TABLE backup"), "was not made by `bot log backup`"),
    "mark emptied": (change("DELETE FROM backup"), "is no backup of a log, or damaged"),
    "another time": (change("UPDATE backup SET at = '2026-11-25T13:00:00.000000Z'"), "was not made with this"),
}


@pytest.mark.parametrize("how", NOT_TAKEN)
def test_what_is_no_whole_backup_of_ours_is_refused_and_nothing_is_written(file, tmp_path, how):
    spoil, words = NOT_TAKEN[how]
    spoil(file)
    url = empty_log(tmp_path / "restored.db")
    with pytest.raises(Misuse, match=words):
        put_back(file, url)
    with opened(url) as log:
        assert not log.incidents()


def test_a_newer_programs_backup_is_refused(file, tmp_path):
    change("UPDATE alembic_version SET version_num = '9999'")(file)
    with pytest.raises(LogTooNew, match="schema 9999"):
        put_back(file, empty_log(tmp_path / "restored.db"))


def test_another_installations_backup_is_refused(file, tmp_path):
    with pytest.raises(Misuse, match="was not made with this installation's worker key"):
        put_back(file, empty_log(tmp_path / "restored.db"), Seal((Secret("22" * 32),)))


def test_nothing_is_restored_over_a_log(source, file, empty):
    put_back(file, empty)
    with opened(empty) as log:
        before = all_rows(log)
        with pytest.raises(Misuse, match=r"is not empty \(.*events.*\): nothing is written over a log"):
            put_back(file, empty)
        assert all_rows(log) == before
    with pytest.raises(Misuse, match="is not empty"):
        put_back(file, str(source.database.url))


def test_one_command_that_waits_is_enough_not_to_be_empty(file, tmp_path):
    url = empty_log(tmp_path / "restored.db")
    with opened(url) as log:
        log.inbox.put(InboxRow("c1", 1, "inc_a", "", "ada", "note", "{}", "ssh", "signed"))
    with pytest.raises(Misuse, match=rf"is not empty \({COMMANDS.name}\)"):
        put_back(file, url)


# --- copies of SQLite's file ----------------------------------------------------------------------------------------


def test_the_file_of_a_running_log_copied_alone_is_no_backup_and_never_taken_for_the_whole(source, file, tmp_path):
    """The newest events stand in the -wal beside it: a plain copy is an earlier state at best."""
    source.execute("inc_a", note("newest"))
    head = source.head("inc_a")
    copy = tmp_path / "copy.db"
    shutil.copy(source.database.path, copy)
    with pytest.raises(Misuse, match="was not made by `bot log backup`"):
        put_back(copy, empty_log(tmp_path / "restored.db"))
    with opened(f"sqlite:///{copy}") as log:
        if log.incidents():
            assert not verify_incident(log, "inc_a", head).ok, "a head from the channel shows what it lacks"
