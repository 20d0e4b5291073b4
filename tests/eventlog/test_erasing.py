"""What was blanked is gone from the database's files, on SQLite and on PostgreSQL."""

import secrets
import sqlite3
from copy import replace

import psycopg
import pytest

from bot.errors import LogUnavailable
from bot.eventlog import CommandAnswer, InboxRow
from bot.eventlog.chain import read
from bot.eventlog.erasing import Erasing
from bot.eventlog.verify import verify_incident
from bot.incident.codec import CODEC, encode
from bot.incident.events import Redacted
from bot.incident.model import Cut
from bot.incident.record.redaction import without_texts
from tests.support.event_logs import AT, declare, note, open_test_log

VALUE = "nR4wTq82Lx05vBz7"
ANSWER = CommandAnswer(accepted=False, incident="inc_a", reason="It holds a secret.")


@pytest.fixture
def files(request, database_url, tmp_path):
    """Gives the files of the database in which the value stands; PostgreSQL's own write-ahead log is not among them."""
    if database_url.startswith("sqlite"):
        folder = tmp_path
    else:
        folder = request.getfixturevalue("postgres_server").pgdata / "base"

    def found():
        if not database_url.startswith("sqlite"):
            with psycopg.connect(database_url, autocommit=True) as connection:
                connection.execute("CHECKPOINT")
        return [path.name for path in folder.rglob("*") if path.is_file() and VALUE.encode() in path.read_bytes()]

    return found


@pytest.mark.parametrize("length", [0, 300, 30_000])
def test_a_blanked_row_is_gone_from_the_files(database_url, files, length):
    """Also one so long that PostgreSQL keeps it beside its row."""
    event_log = open_test_log(database_url)
    around = secrets.token_hex(length)  # which does not compress
    for command_id, said in (("c0", "{}"), ("c1", f"{around}{VALUE}"), ("c2", "{}")):
        row = InboxRow(command_id, 0, "inc_a", "2026-11-25T12:00:00.000000Z", "ada", "add-note", said, "ssh", "p")
        event_log.inbox.put(row)
    assert files()
    event_log.inbox.close("c1", ANSWER, AT, erase=True)
    assert event_log.erasing.pending
    assert event_log.erasing.erase()
    assert files() == []
    assert [head.command_id for head in event_log.inbox.waiting()] == ["c0", "c2"]
    assert (event_log.erasing.pending, event_log.erasing.wanted()) == (False, ())
    event_log.close()


def test_what_is_wanted_outlives_the_process(database_url, files):
    event_log = open_test_log(database_url)
    event_log.inbox.put(InboxRow("c1", 0, "inc_a", "2026-11-25T12:00:00.000000Z", "ada", "add-note", VALUE, "ssh", "p"))
    event_log.inbox.close("c1", ANSWER, AT, erase=True)
    event_log.close()
    later = open_test_log(database_url)
    assert (later.erasing.pending, later.erasing.wanted()) == (True, ("commands",))
    assert later.erasing.erase()
    assert Erasing(later.database).wanted() == ()
    assert files() == []
    later.close()


def test_the_words_of_a_redacted_event_are_gone_from_the_files(database_url, files):
    event_log = open_test_log(database_url)
    told = declare("inc_a", "openai")
    event_log.execute("inc_a", replace(told, body=replace(told.body, title=f"{VALUE} leaked")))
    event_log.execute("inc_a", note("n1", f"{secrets.token_hex(3000)} {VALUE}"))
    assert files()
    cuts = []
    for row in (event_log.rows("inc_a")[0], event_log.rows("inc_a")[-1]):
        left = without_texts(read(row, CODEC).event)
        cuts.append(Redacted(Cut(row.seq, row.kind, row.data_digest, encode(left)), "a password", "ada"))
    event_log.execute("inc_a", note("n2", "done"), also=cuts)
    assert event_log.erasing.erase()
    assert files() == []
    assert (event_log.summary("inc_a").title, verify_incident(event_log, "inc_a").ok) == ("(redacted)", True)
    event_log.close()


@pytest.mark.parametrize("broken", [sqlite3.OperationalError("disk I/O error"), RuntimeError("anything else")])
def test_what_goes_wrong_on_the_way_leaves_it_pending(tmp_path, monkeypatch, broken):
    event_log = open_test_log(f"sqlite:///{tmp_path / 'log.sqlite'}")
    event_log.inbox.put(InboxRow("c1", 0, "inc_a", "2026-11-25T12:00:00.000000Z", "ada", "add-note", VALUE, "ssh", "p"))
    event_log.inbox.close("c1", ANSWER, AT, erase=True)

    def fail():
        raise broken

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(event_log.database.engine, "raw_connection", fail)
        with pytest.raises(LogUnavailable if isinstance(broken, sqlite3.Error) else RuntimeError):
            event_log.erasing.erase()
    assert event_log.erasing.pending
    assert event_log.erasing.erase()
    assert not event_log.erasing.pending
    event_log.close()


def test_what_is_wanted_again_meanwhile_stays_wanted(tmp_path, monkeypatch):
    event_log = open_test_log(f"sqlite:///{tmp_path / 'log.sqlite'}")
    for number in (1, 2):
        row = InboxRow(f"c{number}", 0, "inc_a", "2026-11-25T12:00:00.000000Z", "ada", "add-note", VALUE, "ssh", "p")
        event_log.inbox.put(row)
    event_log.inbox.close("c1", ANSWER, AT, erase=True)
    cut = event_log.erasing._cut_wal

    def cut_and_more():
        done = cut()
        event_log.inbox.close("c2", ANSWER, AT, erase=True)
        return done

    monkeypatch.setattr(event_log.erasing, "_cut_wal", cut_and_more)
    assert event_log.erasing.erase()
    assert (event_log.erasing.pending, event_log.erasing.wanted()) == (True, ("commands",))
    event_log.close()
