"""The pause between two refusals passes by a clock that nobody sets."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.eventlog import open_event_log
from bot.incident.lanes import old_lane
from bot.incident.operations import Op, Work
from bot.incident.state import RefusalRun
from bot.metrics import Metrics
from bot.worker.monotonic_clock import ProbeInterval
from bot.worker.runner import Runner
from bot.worker.worker import Worker
from tests.support.clock import Clock
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL
from tests.support.incidents import START, Story, declaration, entry, wanted

KEY = "openai-api-key"
LOOK = Work(Op.PROVE, old_lane(KEY), KEY, START)


@pytest.fixture
def seconds():
    return Clock()


@pytest.fixture
def probe_interval(seconds):
    return ProbeInterval(seconds)


def incident(count=1, at=START, contained=None):
    """One whose old key was refused `count` times, the last time at `at`."""
    made = Story(declaration(wanted(entry(KEY)))).incident
    run = RefusalRun(START, at, count) if count else None
    secret = made.secrets[KEY]
    return replace(made, secrets={KEY: replace(secret, old=replace(secret.old, refusals=run, contained_at=contained))})


def test_the_second_look_waits_for_seconds_that_really_pass_whatever_the_time_of_day_says(probe_interval, seconds):
    made = incident()
    confirm = made.timings.confirm
    probe_interval.see(made)
    assert probe_interval.left(made, LOOK) == confirm
    seconds.advance(confirm - 1)
    probe_interval.see(made)
    assert probe_interval.left(made, LOOK) == pytest.approx(1)
    seconds.advance(1)
    assert probe_interval.left(made, LOOK) == 0.0


def test_each_refusal_begins_a_pause_of_its_own(probe_interval, seconds):
    probe_interval.see(incident())
    seconds.advance(100)
    later = incident(2, START + timedelta(hours=1))
    probe_interval.see(later)
    assert probe_interval.left(later, LOOK) == later.timings.confirm


def test_a_process_that_did_not_make_the_look_waits_from_when_it_reads_of_it(seconds):
    made, started_again = incident(at=START - timedelta(days=1)), ProbeInterval(seconds)
    started_again.see(made)
    assert started_again.left(made, LOOK) == made.timings.confirm


def test_nothing_else_waits(probe_interval):
    for made in (incident(0), incident(contained=START)):
        probe_interval.see(incident())
        probe_interval.see(made)
        assert probe_interval.left(made, LOOK) == 0.0
    made = incident()
    probe_interval.see(made)
    assert probe_interval.left(made, replace(LOOK, op=Op.REVOKE)) == 0.0
    assert probe_interval.left(replace(made, id="inc_other2"), LOOK) == 0.0


def test_the_worker_begins_no_look_too_soon_and_comes_back_when_it_may(tmp_path, probe_interval, seconds):
    event_log = open_event_log(empty_log(tmp_path / "log.sqlite"), seal=SEAL)
    runner = Runner(event_log, None, {}, None, lambda: START, threading.Event(), Metrics())
    worker, started = Worker(event_log, None, runner, None, lambda: START, probe_interval=probe_interval), []
    worker._pool.submit = lambda _run, _incident, work, _instead_of: started.append(work.op)
    made = incident()
    probe_interval.see(made)
    assert worker._start(made, LOOK, None)
    assert started == []
    assert worker._watch_list.again == {made.id: START + timedelta(seconds=made.timings.confirm)}
    seconds.advance(made.timings.confirm)
    assert worker._start(made, LOOK, None)
    assert started == [Op.PROVE]
    event_log.close()
