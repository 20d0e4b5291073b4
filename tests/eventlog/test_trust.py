"""The chain of trust in the database: what whoever can write it, and does not hold the worker key, can do to it."""

from datetime import timedelta

import pytest
from msgspec import structs
from sqlalchemy import delete, insert, select, update

from bot.eventlog import NotAWorker, Seal, TrustDamaged
from bot.eventlog.tables import EVENTS
from bot.eventlog.trust import TRUST
from bot.incident.model import Actor, Right
from bot.secrets.secret import Secret
from bot.trust import Distrust, Distrusted, Trust, decide
from tests.support.event_logs import AT, SEAL, open_test_log

ADA, DAN = (Actor(name, frozenset(Right)) for name in ("ada", "dan"))


def say(event_log, command, by=ADA, settle=lambda _connection: None):
    number = event_log.trust.position().seq
    return event_log.trust.append(
        lambda state: decide(state, command, by, AT),
        at=AT + timedelta(seconds=number),
        actor=by.name,
        command_id=f"c{number}-{by.name}",
        settle=settle,
    )


@pytest.fixture
def event_log(database_url):
    made = open_test_log(database_url)
    say(made, Distrust("ben", "gone"))
    say(made, Distrust("slack", "taken over"))
    yield made
    made.close()


@pytest.fixture
def again(database_url):
    """Another process on the same database, opened when it is asked for."""
    opened = []

    def open_it():
        opened.append(open_test_log(database_url))
        return opened[-1]

    yield open_it
    for each in opened:
        each.close()


def sql(event_log, statement):
    with event_log.database.writing() as connection:
        connection.execute(statement)


def test_others_read_what_was_said(event_log, again):
    other = again()
    assert other.trust.current() == other.trust.verify() == event_log.trust.current()
    assert (other.trust.current().people, other.trust.current().slack) == (("ben",), False)
    say(other, Trust("ben", "back"))
    say(other, Trust("ben", "back"), DAN)
    assert event_log.trust.current().people == ()


def test_an_answer_that_cannot_be_given_undoes_it(event_log):
    def settle(_connection):
        raise RuntimeError("answered already")

    with pytest.raises(RuntimeError):
        say(event_log, Distrust("cleo", "gone"), settle=settle)
    assert event_log.trust.current().people == ("ben",)
    assert len(event_log.trust.events()) == 2


def test_a_row_that_no_worker_has_written_is_damage(event_log, again):
    forged = Seal([Secret("99" * 32)])
    newest = event_log.trust.position()
    [row], _ = TRUST.extend(newest, [Distrusted("ada", "x")], forged, at=AT, actor="dan", command_id="f")
    sql(event_log, insert(EVENTS).values(**structs.asdict(row)))
    for trust in (event_log.trust, again().trust):
        with pytest.raises(TrustDamaged, match="its newest event carries no seal of a worker"):
            trust.current()


@pytest.mark.parametrize("column", ["actor", "data", "kind", "at", "previous", "digest", "seal", "command_id"])
def test_a_changed_row_is_damage(event_log, again, column):
    value = {"data": '{"subject":"eve","reason":"x"}', "at": "2026-11-25T12:00:09.000005Z"}.get(column, "0" * 64)
    sql(event_log, update(EVENTS).where(EVENTS.c.seq == 1).values(**{column: value}))
    fresh = again()
    with pytest.raises(TrustDamaged):
        fresh.trust.current()
    with pytest.raises(TrustDamaged):
        event_log.trust.verify()


@pytest.mark.parametrize("change", ["seal = 'v1:ä'", "seal = x'ff'", "data = x'ff'", "at = x'61'", "digest = x''"])
def test_what_no_worker_can_have_written_is_damage_and_no_error_of_ours(sqlite_url, change):
    made, fresh = open_test_log(sqlite_url), open_test_log(sqlite_url)
    say(made, Distrust("ben", "gone"))
    with made.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE events SET {change}")
    for trust in (made.trust, fresh.trust):
        with pytest.raises(TrustDamaged):
            trust.verify()
    with pytest.raises(TrustDamaged):
        fresh.trust.current()
    fresh.close()
    made.close()


@pytest.mark.parametrize("left", [1, 0])
def test_a_running_worker_notices_that_the_tail_was_cut_off(event_log, left):
    sql(event_log, delete(EVENTS).where(EVENTS.c.seq > left))
    with pytest.raises(TrustDamaged, match=f"the events after {left} were cut off while this worker ran"):
        event_log.trust.current()
    with pytest.raises(TrustDamaged):
        say(event_log, Distrust("cleo", "gone"))


def test_a_cut_that_others_have_written_over_is_noticed_too(event_log, again):
    sql(event_log, delete(EVENTS).where(EVENTS.c.seq > 1))
    say(again(), Distrust("cleo", "gone"))
    with pytest.raises(TrustDamaged, match="event 2 is not what it was"):
        event_log.trust.current()


def test_what_an_incident_knows_of_must_be_in_the_chain(event_log, again):
    known = event_log.trust.position()
    sql(event_log, delete(EVENTS).where(EVENTS.c.seq > 1))
    fresh = again()
    assert fresh.trust.current().slack, "a fresh worker cannot tell by the chain alone"
    fresh.trust.remember(known.seq, known.digest)
    with pytest.raises(TrustDamaged, match="the events after 1 were cut off, as an incident's log says"):
        fresh.trust.current()


def test_what_this_worker_has_read_is_not_forgotten_by_what_an_incident_knows_of(event_log):
    assert event_log.trust.position().seq == 2
    with event_log.database.reading() as connection:
        digest = connection.execute(select(EVENTS.c.digest).where(EVENTS.c.seq == 1)).scalar_one()
    event_log.trust.remember(1, digest)
    sql(event_log, delete(EVENTS).where(EVENTS.c.seq > 1))
    with pytest.raises(TrustDamaged, match="the events after 1 were cut off while this worker ran"):
        event_log.trust.current()


def test_a_seal_does_not_fit_another_row(event_log, again):
    with event_log.database.writing() as connection:
        seal = connection.execute(select(EVENTS.c.seal).where(EVENTS.c.seq == 1)).scalar_one()
        connection.execute(update(EVENTS).where(EVENTS.c.seq == 2).values(seal=seal))
    with pytest.raises(TrustDamaged, match="carries no seal of a worker"):
        again().trust.current()


def test_only_a_worker_writes_it(database_url):
    event_log = open_test_log(database_url, seal=None)
    with pytest.raises(NotAWorker):
        say(event_log, Distrust("ben", "gone"))
    event_log.close()
    assert SEAL is not None
