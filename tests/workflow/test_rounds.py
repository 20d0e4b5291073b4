"""The worker's loop, round by round: what it looks at first when a start finds more than it can read at once."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.incident.commands import Envelope
from bot.journal import open_journal, open_liveness
from bot.journal.tables import INCIDENTS
from bot.metrics import Metrics
from bot.workflow import worker as loop
from bot.workflow.running import Runner
from bot.workflow.worker import Worker
from tests.support.incidents import CHLOE, START, declaration, entry, wanted

CLOSED, OPEN = 7, 2


@pytest.fixture
def journal(tmp_path):
    made = open_journal(f"sqlite:///{tmp_path / 'log.sqlite'}")
    yield made
    made.close()


@pytest.fixture
def worker(journal, monkeypatch):
    """One that never starts anything: what it looks at is what it has noted."""
    monkeypatch.setattr(loop, "AT_ONCE", 3)
    runner = Runner(journal, None, {}, None, lambda: START, threading.Event(), Metrics())
    made = Worker(journal, open_liveness(journal.database), runner, None, lambda: START)
    made.stopping.set()
    made.id = made.liveness.enlist()
    yield made
    made.liveness.resign()


def declare(journal, name, minutes):
    body = replace(declaration(wanted(entry(f"key-{name}"))), incident=name, detected_at=START)
    journal.execute(name, Envelope("declare", START - timedelta(minutes=minutes), CHLOE, body))


@pytest.fixture
def past(journal):
    """Seven incidents that the list calls closed, and two open ones that were declared after them."""
    for number in range(CLOSED + OPEN):
        declare(journal, f"inc_{number}", 60 - number)
    with journal.database.writing() as connection:
        for number in range(CLOSED):
            connection.execute(update(INCIDENTS).where(INCIDENTS.c.incident == f"inc_{number}").values(state="closed"))


def test_open_incidents_are_looked_at_before_the_many_closed_ones(worker, past):
    worker._round()

    assert list(worker._watched) == ["inc_7", "inc_8", "inc_0"]
    assert worker._pause() == loop.SHORTEST_PAUSE


def test_the_rest_comes_in_the_rounds_after_it(worker, past):
    worker._round()
    worker._round()
    assert set(worker._watched) == {"inc_7", "inc_8", "inc_0", "inc_1", "inc_2", "inc_3"}

    worker._round()
    assert len(worker._watched) == CLOSED + OPEN
    assert worker._pause() > loop.SHORTEST_PAUSE


def test_a_log_that_fails_is_not_asked_in_a_hurry(worker, past, journal):
    worker._round()
    with journal.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE incidents RENAME TO away")

    worker._round()

    assert worker.trouble
    assert worker._pause() > loop.SHORTEST_PAUSE
