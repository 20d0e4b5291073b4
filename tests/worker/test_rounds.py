"""The worker's loop: what a round looks at first when there is more than it can read, and who gets a thread."""

import threading
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from bot.errors import ConfigurationError, LogUnavailable
from bot.eventlog import open_event_log, open_leadership
from bot.eventlog.database import ROOM
from bot.eventlog.tables import INCIDENTS
from bot.incident.commands import AddNote, Envelope
from bot.incident.lanes import CHANNEL_LANE, PAGE_LANE, REPORT_LANE, LaneKind, function_lane, new_lane, old_lane
from bot.incident.operations import Op, Work
from bot.metrics import Metrics
from bot.worker import watch_list as loop
from bot.worker.health import ProcessHealth
from bot.worker.monotonic_clock import MonotonicClock
from bot.worker.runner import Runner
from bot.worker.worker import Worker
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL
from tests.support.incidents import CHLOE, START, Story, declaration, entry, wanted

CLOSED, OPEN = 7, 2


@pytest.fixture
def event_log(tmp_path):
    made = open_event_log(empty_log(tmp_path / "log.sqlite"), seal=SEAL)
    yield made
    made.close()


@pytest.fixture
def worker(event_log, monkeypatch):
    """One that never starts anything: what it looks at is what it has noted."""
    monkeypatch.setattr(loop, "AT_ONCE", 3)
    runner = Runner(event_log, None, {}, None, lambda: START, threading.Event(), Metrics())
    made = Worker(event_log, open_leadership(event_log.database), runner, None, lambda: START)
    made.stopping.set()
    made.id = made.leadership.enlist()
    yield made
    made.leadership.resign()


def declare(event_log, name, minutes):
    body = replace(declaration(wanted(entry(f"key-{name}"))), incident=name, detected_at=START - timedelta(hours=2))
    event_log.execute(name, Envelope("declare", START - timedelta(minutes=minutes), CHLOE, body))


@pytest.fixture
def past(event_log):
    """Seven incidents that the list calls closed, and two open ones that were declared after them."""
    for number in range(CLOSED + OPEN):
        declare(event_log, f"inc_{number}", 60 - number)
    with event_log.database.writing() as connection:
        for number in range(CLOSED):
            connection.execute(update(INCIDENTS).where(INCIDENTS.c.incident == f"inc_{number}").values(state="closed"))


def test_open_incidents_are_looked_at_before_the_many_closed_ones(worker, past):
    worker._round()

    assert list(worker._watch_list.watched) == ["inc_7", "inc_8", "inc_0"]
    assert worker._watch_list.pause(START) == loop.SHORTEST_PAUSE


def test_the_rest_comes_in_the_rounds_after_it(worker, past):
    worker._round()
    worker._round()
    assert set(worker._watch_list.watched) == {"inc_7", "inc_8", "inc_0", "inc_1", "inc_2", "inc_3"}

    worker._round()
    assert len(worker._watch_list.watched) == CLOSED + OPEN
    assert worker._watch_list.pause(START) > loop.SHORTEST_PAUSE


def test_a_log_that_fails_is_not_asked_in_a_hurry(worker, past, event_log):
    worker._round()
    with event_log.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE incidents RENAME TO away")

    worker._round()

    assert worker.trouble
    assert worker._watch_list.pause(START) > loop.SHORTEST_PAUSE


@pytest.mark.parametrize("unreadable", [ConfigurationError("BOT_PLAYBOOKS: not there"), FileNotFoundError("x.yaml")])
def test_files_that_cannot_be_read_keep_nobody_from_the_next_incident(worker, event_log, unreadable):
    asked = []

    def publish():
        asked.append(True)
        raise unreadable

    worker.publish = publish
    worker._round()
    declare(event_log, "inc_next", 1)
    worker._round()

    assert asked == [True]
    assert list(worker._watch_list.watched) == ["inc_next"]
    assert not worker.trouble


def test_a_log_that_cannot_be_told_what_the_worker_goes_by_is_trouble(worker):
    def publish():
        raise LogUnavailable("the database does not answer")

    worker.publish = publish
    worker._round()
    assert worker.trouble


# --- shares of the pool ---------------------------------------------------------------------------------------------

SHARES = {LaneKind.OLD: 4, LaneKind.NEW: 2, LaneKind.FUNCTION: 1, None: 2}


@pytest.fixture
def busy(event_log):
    """A worker whose threads never come back, and the lanes that it has started."""
    runner = Runner(event_log, None, {}, None, lambda: START, threading.Event(), Metrics())
    made, started = Worker(event_log, None, runner, None, lambda: START, SHARES), []
    made._pool.submit = lambda _run, _incident, work, _instead_of: started.append(work.lane)
    return made, started


def incident_of(*providers):
    secrets = [
        wanted(entry(f"{provider}-{number}", provider=provider)) for provider in providers for number in range(4)
    ]
    return Story(declaration(*secrets)).incident


def start(worker, incident, op, *lanes):
    return [worker._start(incident, Work(op, lane, lane.subject, START), None) for lane in lanes]


def test_kills_take_no_thread_from_making_nor_making_from_functions(busy):
    worker, started = busy
    incident = incident_of("openai", "redis", "sendgrid")
    names = [f"{provider}-{number}" for number in range(4) for provider in ("openai", "redis", "sendgrid")]
    assert start(worker, incident, Op.CAPTURE, *map(old_lane, names)).count(True) == 4
    assert start(worker, incident, Op.ISSUE, *map(new_lane, names)).count(True) == 2
    assert start(worker, incident, Op.REFRESH, function_lane("api"), function_lane("jobs")) == [True, False]
    assert start(worker, incident, Op.PAGE, PAGE_LANE, CHANNEL_LANE, REPORT_LANE) == [True, True, False]
    assert len(started) == 4 + 2 + 1 + 2


def test_a_provider_gets_half_of_a_share_and_leaves_the_rest_to_others(busy):
    worker, started = busy
    incident = incident_of("openai", "redis")
    lanes = [old_lane(f"openai-{number}") for number in range(3)] + [old_lane("redis-0")]
    assert start(worker, incident, Op.CAPTURE, *lanes) == [True, True, False, True]
    assert started == [old_lane("openai-0"), old_lane("openai-1"), old_lane("redis-0")]


def test_a_lane_that_runs_is_not_begun_twice(busy):
    worker, started = busy
    incident = incident_of("openai")
    assert start(worker, incident, Op.CAPTURE, old_lane("openai-0"), old_lane("openai-0")) == [True, True]
    assert started == [old_lane("openai-0")]


# --- a clock that stands behind the log ------------------------------------------------------------------------------


def behind(event_log, *, hours):
    """A new worker, by the right clock, of a log whose last worker's was ahead; and the lanes that it has started."""
    declare(event_log, "inc_ahead", -60 * hours)
    clock = MonotonicClock(MonotonicClock(lambda: START, lambda: 0.0), lambda: 0.0)
    runner = Runner(event_log, None, {}, None, clock, threading.Event(), Metrics())
    made = Worker(event_log, open_leadership(event_log.database), runner, None, clock, SHARES, reached=clock.reached)
    made.id, started = made.leadership.enlist(), []
    made._pool.submit = lambda _run, _incident, work, _instead_of: started.append(work.op)
    made._round()
    made.leadership.resign()
    return made, started


def test_work_of_a_log_that_is_an_hour_ahead_begins_in_the_first_round(event_log):
    worker, started = behind(event_log, hours=1)
    assert {Op.CAPTURE, Op.OPEN_CHANNEL} <= set(started)
    assert worker.clock() == START + timedelta(hours=1)
    assert not worker.behind_the_log


def test_a_log_that_is_days_ahead_is_not_worked_on_and_that_is_said(event_log):
    worker, started = behind(event_log, hours=48)
    assert (started, worker.clock()) == ([], START)
    assert worker.behind_the_log == "this machine's clock stands more than a day behind the log of inc_ahead: set it"
    missing = ProcessHealth(event_log, worker, worker.clock).missing()
    assert worker.behind_the_log in missing


def test_readyz_says_that_sqlites_disk_is_nearly_full(event_log, monkeypatch):
    health = ProcessHealth(event_log, None, lambda: START)
    assert health.missing() == []
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=ROOM - 1))
    assert health.missing() == ["event log (SQLite): its disk is full or nearly so: make room"]


# --- rest ------------------------------------------------------------------------------------------------------------


def test_an_incident_that_took_long_to_look_at_is_left_alone_for_a_while(worker, past, event_log):
    worker._watch_list.monotonic = lambda: 100.0
    while len(worker._watch_list.watched) < CLOSED + OPEN:
        worker._round()
    worker._watch_list._rests = {"inc_7": 100.25, "inc_8": 99.0}
    for name in ("inc_7", "inc_8"):
        event_log.execute(name, Envelope("note", START, CHLOE, AddNote("news")))

    assert "inc_8" in worker._watch_list.due(event_log, START)
    assert "inc_7" not in worker._watch_list.due(event_log, START)
    worker._watch_list._put_off = {"inc_7"}
    worker._watch_list.watched.clear()
    worker._watch_list.again.clear()
    assert worker._watch_list.pause(START) == pytest.approx(0.25)

    worker._watch_list.monotonic = lambda: 100.3
    assert "inc_7" in worker._watch_list.due(event_log, START)
