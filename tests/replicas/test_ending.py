"""How a replica ends, and that on SQLite there is one."""

import signal
import time

import pytest

from bot.incident.operations import Op
from tests.replicas.fleet import openai
from tests.support.machine import overloaded

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]

OPENAI = "openai-api-key"
ENDS_WITHIN = 10.0


@pytest.fixture(autouse=True)
def _no_faults_left(practice_world):
    yield
    openai(practice_world).faults.clear()


def ended(replica):
    """Asks it to end; its status, and after how many seconds."""
    begun = time.monotonic()
    replica.signal(signal.SIGTERM)
    return replica.wait(90), time.monotonic() - begun


def test_on_sqlite_a_second_replica_is_refused_and_the_first_stays(small_fleet):
    first = small_fleet.start()
    second = small_fleet.start(wait=False)
    assert second.wait(60) == 2, second.said
    assert "another worker already runs on this event log" in second.said
    assert "BOT_DATABASE_URL" in second.said
    assert "Traceback" not in second.said
    assert first.ready
    assert first.process.poll() is None


def test_a_replica_that_is_asked_to_end_finishes_what_runs_and_the_next_goes_on(small_fleet, practice_world):
    first = small_fleet.start()
    # The provider does not answer: the operation ends with its time-out of five seconds.
    openai(practice_world).faults.inject("create-silence")
    incident = small_fleet.declare(OPENAI)
    small_fleet.await_held(incident, Op.ISSUE)
    status, took = ended(first)
    assert status == 0, first.said
    assert took < ENDS_WITHIN or overloaded(), first.said
    assert '"handed_back": 0' in first.said
    assert "Traceback" not in first.said
    assert small_fleet.held(incident, Op.ISSUE) is None
    openai(practice_world).faults.clear()
    small_fleet.start()
    small_fleet.await_settled(incident)
