"""Kills that rest on one person's word are counted from what workers sealed: the database gives and takes none."""

from copy import replace
from datetime import timedelta

import pytest
from msgspec import structs
from sqlalchemy import delete, insert, update

from bot.eventlog import open_event_log
from bot.eventlog.chain import link
from bot.eventlog.forms import ROOT
from bot.eventlog.tables import EVENTS, INCIDENTS
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.codec import CODEC
from bot.incident.model import Actor, Right
from tests.support.event_logs import AT, SEAL
from tests.support.incidents import declaration, entry, wanted

ANNA = Actor("anna", frozenset({Right.RESPOND}))
LATER = AT + timedelta(hours=1)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'log.sqlite'}"


@pytest.fixture
def log(url):
    made = open_event_log(url, seal=SEAL)
    yield made
    made.close()


def kill(log, number, environment="production"):
    """Someone declares one secret, revoke-first."""
    incident = f"inc_{number}"
    body = replace(declaration(wanted(entry(f"key-{number}")), environment=environment), incident=incident)
    log.execute(incident, c.Envelope(f"declare-{number}", AT, ANNA, body))


def free(log, environment="production", at=LATER):
    return log.free_kills(environment, at)


def anew(url):
    """What a worker counts that has just started."""
    log = open_event_log(url, seal=SEAL)
    try:
        return free(log)
    finally:
        log.close()


def test_three_in_an_environment_within_twelve_hours(log, url):
    kill(log, 1)
    kill(log, 2)
    kill(log, 3, "staging")
    assert (free(log), free(log, "staging"), anew(url)) == (1, 2, 1)
    kill(log, 4)
    assert (free(log), anew(url)) == (0, 0)
    assert free(log, at=AT + timedelta(hours=12)) == 3


@pytest.mark.parametrize("gone", ["events", "times"])
def test_whoever_changes_the_database_gets_none(log, gone):
    kill(log, 1)
    with log.database.writing() as connection:
        if gone == "events":
            connection.execute(delete(EVENTS))
            connection.execute(delete(INCIDENTS))
        else:
            connection.execute(update(EVENTS).values(at="2026-11-01T00:00:00.000000Z", kind="note-added"))
    assert free(log) == 2


def test_a_kill_moved_to_another_environment_by_the_list_alone_is_counted_where_it_was(log, url):
    kill(log, 1)
    with log.database.writing() as connection:
        connection.execute(update(INCIDENTS).values(environment="staging"))
    assert anew(url) == 2


@pytest.mark.parametrize("behind", ["a log of its own", "a true log"])
def test_whoever_changes_the_database_takes_none(log, url, behind):
    kill(log, 1)
    incident, after = "inc_forged", (0, ROOT)
    if behind == "a true log":
        last = log.rows("inc_1")[-1]
        incident, after = "inc_1", (last.seq, last.digest)
    events = [e.KillRequested(f"key-{number}", slot=True) for number in range(3)]
    forged = link(incident, after, events, CODEC, at=LATER, actor="anna", command_id="forged")
    with log.database.writing() as connection:
        connection.execute(insert(EVENTS), [structs.asdict(row) for row in forged])
    assert (free(log, at=LATER + timedelta(minutes=1)), anew(url)) == (2, 2)
