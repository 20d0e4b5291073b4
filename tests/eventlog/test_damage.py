"""What someone wrote into the log's tables: one incident's damage, whatever it is, and never the others'."""

from copy import replace

import pytest
from sqlalchemy import text

from bot.errors import LogError, Misuse
from bot.eventlog import Cut, Damaged, TooOld, rows
from bot.eventlog.chain import digest_of, digest_of_data
from bot.eventlog.rebuild import rebuild
from bot.eventlog.verify import verify_incident
from bot.incident import commands as c
from bot.incident.codec import encode
from bot.incident.events import RecordsLost, Redacted
from bot.incident.model import Cut as Words
from bot.worker.alarm import Alarm
from tests.support.event_logs import AT, SEAL, command, declare, note, open_test_log, write_as_newer


@pytest.fixture
def url(sqlite_url):
    return sqlite_url


@pytest.fixture
def event_log(url):
    event_log = open_test_log(url)
    for name in ("inc_a", "inc_b"):
        event_log.execute(name, declare(name, f"key-{name}"))
        event_log.execute(name, note("n"))
    yield event_log
    event_log.close()


def write(event_log, *statements):
    with event_log.database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


ANOTHER = "(SELECT seal FROM events WHERE stream = 'inc_b' AND seq = 3)"
NEWEST = "WHERE stream = 'inc_a' AND seq = 3"


@pytest.mark.parametrize(
    "change",
    ["data = CAST(x'ff' AS TEXT)", "data = x'ff'", "at = 'yesterday'", "seq = 'two'", "digest = x'00'", "actor = x'61'",
     "seal = x'ff'", "seal = 'v1:ä'", "seal = NULL", "seal = 'v1:' || digest", f"seal = {ANOTHER}", "previous = x'ff'",
     "command_id = x'ff'", "salt = CAST(x'c3' AS TEXT)", "kind = 'no-such'"],
)  # fmt: skip
@pytest.mark.parametrize("cached", [True, False])
def test_a_row_that_no_worker_wrote_is_the_damage_of_its_incident(event_log, url, change, cached):
    write(event_log, f"UPDATE events SET {change} {NEWEST}")
    worker = event_log if cached else open_test_log(url)
    with pytest.raises(Damaged):
        worker.load("inc_a")
    with pytest.raises(Damaged):
        worker.execute("inc_a", note("more"))
    assert worker.look("inc_a").damage
    with pytest.raises(LogError):
        worker.events("inc_a")
    assert not verify_incident(worker, "inc_a").ok
    assert worker.load("inc_b").id == "inc_b"
    assert worker.execute("inc_b", note("more")).events
    if not cached:
        worker.close()


def test_whoever_holds_no_key_sees_that_the_newest_event_carries_no_seal(event_log, url):
    front, other = open_test_log(url, seal=None), open_test_log(url, seal=None)
    front.load("inc_a")
    write(event_log, f"UPDATE events SET seal = NULL {NEWEST}")
    with pytest.raises(Damaged, match="carries no seal"):
        other.load("inc_a")
    other.close()
    front.close()


def test_what_a_worker_says_is_damaged_is_so_for_whoever_cannot_check_until_it_is_repaired(event_log, url):
    stored = event_log.rows("inc_a")
    write(event_log, f"UPDATE events SET seal = 'v1:00' {NEWEST}")
    front = open_test_log(url, seal=None)
    assert front.load("inc_a").id == "inc_a"
    with pytest.raises(Damaged) as damage:
        event_log.load("inc_a")
    event_log.damages.tell(damage.value, "pagerduty", event_log.head("inc_a"), event_log.load("inc_b").last_at)
    assert event_log.damages.told(damage.value, "pagerduty")
    assert not event_log.damages.told(damage.value, "slack")
    with pytest.raises(Damaged, match="no seal of a worker"):
        front.load("inc_a")
    assert "no seal of a worker" in front.look("inc_a").damage
    write(event_log, f"DELETE FROM events {NEWEST}",
          f"UPDATE incidents SET seq = 2, digest = '{stored[1].digest}' WHERE incident = 'inc_a'")  # fmt: skip
    assert front.load("inc_a").id == "inc_a"
    front.close()


def test_damage_that_is_over_stands_against_nothing_and_is_told_anew_if_it_comes_again(event_log, url):
    at, damage = event_log.load("inc_b").last_at, Damaged("inc_a", "it is bad")
    front = open_test_log(url, seal=None)
    event_log.damages.tell(damage, "slack", event_log.head("inc_a"), at)
    event_log.damages.tell(Damaged("inc_b", "whom to trust"), "trust", "", at)
    with pytest.raises(Damaged, match="it is bad"):
        front.load("inc_a")
    assert front.load("inc_b").id == "inc_b"
    assert event_log.damages.noted() == {"inc_a"}
    event_log.damages.over("inc_a", at)
    assert event_log.damages.noted() == frozenset()
    assert front.load("inc_a").id == "inc_a"
    assert not event_log.damages.told(damage, "slack")
    assert event_log.damages.told(Damaged("inc_b", "whom to trust"), "trust")
    front.close()


def test_a_note_of_damage_that_no_worker_wrote_counts_for_nothing_at_a_worker(event_log):
    damage = Damaged("inc_a", "it is bad")
    event_log.damages.tell(damage, "slack", "3:d", event_log.load("inc_b").last_at)
    with event_log.database.writing() as connection:
        connection.execute(text("UPDATE cursors SET data = replace(data, '\"3:d\"', '\"4:d\"')"))
    assert not event_log.damages.told(damage, "slack")
    write(event_log, "UPDATE cursors SET data = 'x', updated_at = 'never'")
    assert not event_log.damages.told(damage, "slack")
    assert not event_log.damages.standing("inc_a", lambda _: True)


@pytest.mark.parametrize("upto", [1, 2])
def test_events_that_this_worker_has_read_cannot_be_cut_off_unseen(event_log, url, upto):
    digest = event_log.rows("inc_a")[upto - 1].digest
    write(event_log, f"DELETE FROM events WHERE stream = 'inc_a' AND seq > {upto}",
          f"UPDATE incidents SET seq = {upto}, digest = '{digest}' WHERE incident = 'inc_a'")  # fmt: skip
    for _ in range(2):  # the first time from the cached state, the second time from the beginning
        with pytest.raises(Cut, match=r"cut off while this worker ran|is another than it was"):
            event_log.load("inc_a")
    with pytest.raises(Cut):
        event_log.execute("inc_a", note("more"))
    assert event_log.look("inc_a").incident.seq == 3
    if upto == 1:
        with pytest.raises(Damaged, match="carries no seal"):
            event_log.note_loss("inc_a", AT)
        with pytest.raises(Cut):
            event_log.load("inc_a")
    event_log.execute("inc_b", command("close", c.Close("done")))
    # A worker that starts again cannot know it; to which seal it was cut, a head from outside shows.
    again = open_test_log(url)
    if upto == 2:
        assert again.load("inc_a").seq == 2
    else:
        with pytest.raises(Damaged):
            again.load("inc_a")
    again.close()


def went_back(event_log, incident, seq):
    """The whole database is as it was after that event."""
    digest = event_log.rows(incident)[seq - 1].digest
    write(event_log, f"DELETE FROM events WHERE stream = '{incident}' AND seq > {seq}",
          f"UPDATE incidents SET seq = {seq}, digest = '{digest}' WHERE incident = '{incident}'")  # fmt: skip


def test_where_the_database_went_back_the_log_says_so_once_and_goes_on(url):
    first, second = open_test_log(url, decide=None), open_test_log(url, decide=None)
    declared = first.execute("inc_a", declare("inc_a", "openai")).incident.seq
    first.execute("inc_a", note("lost"))
    second.load("inc_a")
    first.execute("inc_a", note("lost as well"))
    lost = first.head("inc_a")
    went_back(first, "inc_a", declared)

    said = first.note_loss("inc_a", AT)
    assert [each.event for each in said.events] == [RecordsLost(lost)]
    assert first.load("inc_a").claims > 1, "none gets the number of one that is lost"
    agreed = first.execute("inc_a", note("decided again")).incident
    assert second.note_loss("inc_a", AT).events == (), "another that had read of it has said so"
    assert second.load("inc_a") == agreed
    assert second.load("inc_a") == first.load("inc_a")
    assert verify_incident(first, "inc_a").ok
    first.close()
    second.close()


@pytest.fixture
def newer(event_log):
    return write_as_newer(event_log, "inc_a", SEAL)


class Told:
    """A pager and a board that remember."""

    def __init__(self) -> None:
        self.pages, self.resolved = [], []

    def trigger(self, page):
        self.pages.append(page)

    def resolve(self, incident):
        self.resolved.append(incident)


def test_the_page_for_damage_ends_once_with_the_damage(event_log):
    told, at = Told(), event_log.load("inc_b").last_at
    alarm = Alarm(event_log, told, told, lambda: at)
    alarm.over("inc_a")
    assert told.resolved == [], "no page for it"
    alarm.raise_for(Damaged("inc_a", "it is bad"))
    for _ in range(2):
        alarm.over("inc_a")
    assert told.resolved == [page.incident for page in told.pages] == ["inc_a-damaged"]


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("seal", [SEAL, None])
def test_what_a_newer_program_wrote_sets_that_incident_aside_and_no_other(event_log, url, newer, cached, seal):
    worker = event_log if cached and seal else open_test_log(url, seal=seal)
    for _ in range(2):
        with pytest.raises(TooOld) as too_old:
            worker.load("inc_a")
    assert too_old.value.headline == (
        "This program is too old for inc_a: event 4 was written by a newer one: its kind 'value-frozen' is not known"
    )
    looked = worker.look("inc_a")
    assert (looked.incident.seq, looked.too_old, looked.trusted) == (3, True, True)
    assert verify_incident(worker, "inc_a").ok
    with pytest.raises(TooOld, match="event 4 was written by a newer one"):
        worker.events("inc_a")
    assert worker.load("inc_b").id == "inc_b"
    if seal:
        with pytest.raises(TooOld):
            worker.execute("inc_a", note("more"))
        assert worker.execute("inc_b", note("more")).events
        told = Told()
        for _ in range(2):
            Alarm(worker, told, told, lambda: looked.incident.last_at).raise_for(too_old.value)
        (page,) = told.pages
        assert page.summary == f"Nothing runs for inc_a. {too_old.value.headline}"
        assert rebuild(worker).unread == (too_old.value.headline,)
        assert {summary.incident: summary.seq for summary in worker.incidents()} == {"inc_a": 4, "inc_b": 4}
    assert worker.head("inc_a") == newer.head
    if worker is not event_log:
        worker.close()


def test_an_unknown_kind_that_no_worker_sealed_is_damage_and_not_the_work_of_a_newer_program(event_log, newer):
    write(event_log, "UPDATE events SET seal = NULL WHERE stream = 'inc_a' AND seq = 4")
    with pytest.raises(Damaged, match="carries no seal of a worker") as damage:
        event_log.load("inc_a")
    assert not isinstance(damage.value, TooOld)


def test_an_incident_of_which_nothing_is_left_is_damage_where_it_was_known_and_unknown_elsewhere(event_log, url):
    write(event_log, *(f"DELETE FROM {table} WHERE incident = 'inc_a'" for table in ("open_secrets", "incidents")),
          "DELETE FROM events WHERE stream = 'inc_a'")  # fmt: skip
    with pytest.raises(Damaged, match="the events after 0 were cut off"):
        event_log.load("inc_a")
    again = open_test_log(url)
    with pytest.raises(Misuse):
        again.load("inc_a")
    again.close()


def test_the_last_state_that_workers_wrote_is_shown_and_not_what_was_put_behind_it(event_log):
    stored = event_log.rows("inc_a")
    event_log.forget()
    write(event_log, f"UPDATE events SET seal = NULL {NEWEST}")
    looked = event_log.look("inc_a")
    assert (looked.incident.seq, looked.trusted) == (2, True)
    write(event_log, "UPDATE events SET seal = 'v1:00' WHERE stream = 'inc_a'")
    looked = event_log.look("inc_a")
    assert (looked.incident.seq, looked.trusted) == (3, False)
    assert all(SEAL.fits(row) for row in stored if row.seal)


def test_what_was_blanked_shows_no_word_that_an_event_without_a_seal_puts_in_its_place(event_log):
    note = event_log.rows("inc_a")[-1]
    cut = Words(note.seq, note.kind, note.data_digest, note.data.replace('"n"', '"forged"'))
    data = encode(Redacted(cut, "x", "ada"))
    row = replace(note, seq=4, kind="redacted", data=data, data_digest=digest_of_data(note.salt, data), command_id="f")
    row = replace(row, previous=note.digest, seal=None)
    with event_log.database.writing() as connection:
        rows.blank(connection, "inc_a", [note.seq])
        rows.add(connection, [replace(row, digest=digest_of(row))])
    event_log.forget()
    looked = event_log.look("inc_a")
    assert (looked.incident.seq, looked.trusted) == (2, True)
    assert looked.damage


def test_what_is_nested_deeper_than_anybody_writes_is_damage_and_holds_up_nothing(event_log, url):
    """Chained as a worker would: for whoever holds no key nothing but what it says is wrong with it."""
    last = event_log.rows("inc_a")[-1]
    data = '{"x":' + "[" * 20_000
    row = replace(last, seq=last.seq + 1, data=data, data_digest=digest_of_data(last.salt, data), command_id="f")
    row = replace(row, previous=last.digest)
    with event_log.database.writing() as connection:
        rows.add(connection, [replace(row, digest=digest_of(row))])
    write(event_log, f"UPDATE incidents SET secrets = '{'[' * 20_000}' WHERE incident = 'inc_a'")
    front = open_test_log(url, seal=None)
    with pytest.raises(Damaged, match="nested too deeply"):
        front.load("inc_a")
    with pytest.raises(LogError):
        front.events("inc_a", last.seq, 1)
    assert front.look("inc_a").incident.seq == last.seq
    assert {each.incident for each in front.incidents()} == {"inc_a", "inc_b"}
    front.close()


def test_summaries_that_make_no_sense_are_listed_and_hold_up_nothing(event_log):
    write(event_log,
          "INSERT INTO incidents VALUES ('inc_x', 'x', 'open', '', '', 'y', 'z', 'd', '', '{', 'q', 'x', 'q', 'q')",
          "INSERT INTO incidents VALUES (x'ff', 'x', 'open', x'ff', x'ff', 'y', 'z', 'd', '', '{', 'q', 'x', 0, x'ff')",
          "INSERT INTO incidents VALUES ('inc_y', 1, 'open', '', '', '2026', '', 'd', '2026', '[]', 1, 'x', 0, NULL)",
          )  # fmt: skip
    assert {"inc_a", "inc_b", "inc_x", "inc_y"} <= {summary.incident for summary in event_log.incidents("open")}
    assert set(event_log.open_incidents()) == {"inc_a", "inc_b", "inc_x", "inc_y"}
    assert set(event_log.changes_since({})) == {"inc_a", "inc_b", "inc_x", "inc_y"}
    with pytest.raises(Damaged, match="its events are missing"):
        event_log.load("inc_y")


def test_what_was_blanked_or_deleted_is_not_left_in_the_file(event_log, tmp_path):
    write(event_log, "INSERT INTO commands (command_id, attempt, incident, at, claims, command, arguments, proof_kind,"
          " proof) VALUES ('x', 0, 'i', 'a', 'c', 'd', 'what-someone-said', 'slack', 'what-proves-it')")  # fmt: skip
    path = tmp_path / "incidents.db"
    with event_log.database.reading() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"what-someone-said" in path.read_bytes()
    write(event_log, "UPDATE commands SET arguments = '', proof = ''")
    with event_log.database.reading() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"what-someone-said" not in path.read_bytes()
    assert b"what-proves-it" not in path.read_bytes()
