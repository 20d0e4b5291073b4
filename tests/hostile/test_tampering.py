"""Someone edits the log's SQLite file by hand; `bot log verify` finds it, names it, and its exit status says so."""

import sqlite3
from copy import replace

import pytest

from bot.eventlog.chain import digest_of, digest_of_data
from bot.incident import commands as c
from tests.cli.conftest import say
from tests.support.event_logs import command, declare, note, open_test_log

INCIDENT = "inc_aaaaaa"
COLUMNS = "stream, seq, at, actor, kind, data, salt, data_digest, previous, digest, command_id"


@pytest.fixture
def log(tmp_path):
    """An incident of six events in a file of its own."""
    path = tmp_path / "incidents.sqlite"
    event_log = open_test_log(f"sqlite:///{path}")
    event_log.execute(INCIDENT, declare(INCIDENT, "openai"))
    for number in range(3):
        event_log.execute(INCIDENT, note(f"note-{number}", f"note {number}"))
    event_log.execute(INCIDENT, command("close", c.Close("done")))
    head = event_log.head(INCIDENT)
    event_log.close()
    return path, head


def verify(path, *more):
    environ = {"BOT_DATA": str(path.parent), "BOT_ENVIRONMENT": "development"}
    return say("log", "verify", INCIDENT, *more, environ=environ)


def edit(path, *statements):
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def found(path, *more):
    """What the command says of a log that does not hold."""
    said = verify(path, *more)
    assert said.status == 1, said.out
    assert "does not hold" in said.out
    assert "Traceback" not in said.err
    document = verify(path, "--json", *more).document
    assert document["ok"] is False
    assert all(finding in said.out for finding in document["findings"])
    return document["findings"]


def test_an_untouched_log_holds_and_its_tail_is_called_unanchored(log):
    path, head = log
    said = verify(path)
    assert said.status == 0
    assert "Its tail is not anchored" in said.out
    assert f"head {head}" in said.out
    anchored = verify(path, "--head", head)
    assert (anchored.status, "ends in the head that was given" in anchored.out) == (0, True)


@pytest.mark.parametrize(
    "change",
    ["actor = 'mallory'", "data = '{\"text\":\"nothing\",\"v\":1}'", "at = '2026-11-25T00:00:00.000000Z'",
     "kind = 'step-done'", "salt = '00'", "command_id = 'x'", "digest = previous"],
)  # fmt: skip
def test_a_changed_event_is_named(log, change):
    path, head = log
    edit(path, f"UPDATE events SET {change} WHERE seq = 3")
    assert any("event 3" in finding for finding in found(path))
    assert found(path, "--head", head)


def test_a_removed_event_is_named(log):
    path, _ = log
    edit(path, "DELETE FROM events WHERE seq = 3")
    assert "event 3 is missing" in found(path)


def test_a_removal_hidden_by_new_numbers_is_named(log):
    path, _ = log
    edit(path, "DELETE FROM events WHERE seq = 3",
         *(f"UPDATE events SET seq = {n - 1} WHERE seq = {n}" for n in (4, 5, 6)))  # fmt: skip
    assert any(finding.startswith("event 3") and "does not follow" in finding for finding in found(path))


def test_an_inserted_event_is_named(log):
    path, _ = log
    edit(
        path,
        *(f"UPDATE events SET seq = {n + 1} WHERE seq = {n}" for n in (6, 5, 4)),
        f"INSERT INTO events ({COLUMNS}) SELECT stream, 4, at, 'mallory', kind, data, salt, data_digest,"
        " digest, data_digest, 'forged' FROM events WHERE seq = 3",
    )
    assert any("event 4" in finding for finding in found(path))


def test_reordered_events_are_named(log):
    path, _ = log
    edit(path, *(f"UPDATE events SET seq = {new} WHERE seq = {old}" for old, new in ((3, 99), (4, 3), (99, 4))))
    findings = found(path)
    assert any("event 3 (note-added): its number" in finding for finding in findings)
    assert any("event 4 (note-added): its number" in finding for finding in findings)


def test_a_cut_tail_is_found_against_a_posted_head_only(log):
    path, head = log
    with sqlite3.connect(path) as connection:
        ((seq, digest),) = connection.execute("SELECT seq, digest FROM events WHERE seq = 4").fetchall()
    connection.close()
    # Whoever cuts carefully puts the summary right too.
    edit(path, "DELETE FROM events WHERE seq > 4",
         f"UPDATE incidents SET seq = {seq}, digest = '{digest}'")  # fmt: skip
    unaware = verify(path)
    assert unaware.status == 0
    assert "Its tail is not anchored: events cut off at the end" in unaware.out
    assert "Give a head from the channel or the report" in unaware.out
    (cut,) = found(path, "--head", head)
    assert cut == "the log ends with event 4, but event 6 was known: the events after 4 were cut off"


def test_a_careless_cut_shows_in_the_summary(log):
    path, _ = log
    edit(path, "DELETE FROM events WHERE seq > 4")
    assert any("cut off" in finding for finding in found(path))


def test_a_log_written_anew_is_found_against_a_posted_head_only(log):
    path, head = log
    event_log = open_test_log(f"sqlite:///{path}")
    rows, previous, updates = event_log.rows(INCIDENT), "", []
    event_log.close()
    for row in rows:
        forged = replace(row, actor="mallory", previous=previous, data_digest=digest_of_data(row.salt, row.data))
        forged = replace(forged, digest=digest_of(forged))
        previous = forged.digest
        updates.append(
            f"UPDATE events SET actor = 'mallory', previous = '{forged.previous}', digest = '{forged.digest}'"
            f" WHERE seq = {row.seq}"
        )
    edit(path, *updates, f"UPDATE incidents SET digest = '{previous}'")
    assert verify(path).status == 0
    assert "event 6 is not the one known" in found(path, "--head", head)[0]


def test_events_of_an_unknown_kind_or_shape_are_no_traceback(log):
    path, _ = log
    edit(path, "UPDATE events SET data = '{', kind = 'no-such-kind' WHERE seq = 2")
    assert any("event 2" in finding for finding in found(path))
    for arguments in (("show", INCIDENT), ("incident", "timeline", INCIDENT)):
        said = say(*arguments, environ={"BOT_DATA": str(path.parent), "BOT_ENVIRONMENT": "development"})
        assert said.status == 1
        assert "Traceback" not in said.out + said.err
        assert "Unexpected" not in said.err


@pytest.mark.parametrize("head", ["6", "x:y", "6:" + "z" * 64, "../../x", "6:" + "0" * 64 + "\n; rm"])
def test_a_head_that_is_none_is_a_misuse(log, head):
    said = verify(log[0], "--head", head)
    assert said.status == 2
    assert "SEQ:DIGEST" in said.err
