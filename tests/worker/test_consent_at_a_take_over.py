"""Whose word a kill rests on is asked about before it begins, also where it follows on a dead worker's other work."""

import threading
from datetime import timedelta

import pytest

from bot.eventlog import open_event_log
from bot.incident import events as e
from bot.incident.commands import Begin, Envelope
from bot.incident.lanes import old_lane
from bot.incident.model import BOT, ConsentKind
from bot.incident.operations import Op, Work
from bot.incident.schedule import pending
from bot.metrics import Metrics
from bot.worker.runner import Runner
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL
from tests.support.incidents import ANNA, START, World, declaration

NAME, INCIDENT = "openai-api-key", "inc_ab3cde"
LANE = old_lane(NAME)


class Alive:
    """A lock that is never lost."""

    def check(self, worker):
        pass


class Place:
    """A log with an incident whose kill anna has asked for alone, and a runner whose operations `World` answers."""

    def __init__(self, log) -> None:
        self.log, self.now, self.world, self.entitled = log, START, World(), True
        self.runner = Runner(
            log, Alive(), dict.fromkeys(Op, lambda job: self.world.answer(job.incident, job.claim)), None,
            lambda: self.now, threading.Event(), Metrics(), entitled=lambda _name, _right: self.entitled,
        )  # fmt: skip
        log.execute(INCIDENT, Envelope("declare", START, ANNA, declaration()))

    def work(self, op):
        return next(work for work in pending(self.log.load(INCIDENT), self.now) if work.op is op)

    def events(self, kind):
        return [each.event for each in self.log.events(INCIDENT) if isinstance(each.event, kind)]


@pytest.fixture
def place(tmp_path):
    log = open_event_log(empty_log(tmp_path / "log.sqlite"), seal=SEAL)
    yield Place(log)
    log.close()


def died_in_the_snapshot(place):
    """Its worker; the kill waits for the snapshot no longer."""
    place.runner.run(INCIDENT, place.work(Op.CAPTURE), "w1")
    place.log.execute(INCIDENT, Envelope("begin", place.now, BOT, Begin(place.work(Op.SNAPSHOT), "w1")))
    place.now += timedelta(seconds=place.log.load(INCIDENT).timings.snapshot + 60)
    claim = place.log.load(INCIDENT).lane(LANE).claim
    work = Work(claim.op, LANE, NAME, place.now, claim.attempt)
    place.runner.run(INCIDENT, work, "w2", claim.number)


def go_on(place):
    for _ in range(5):
        for work in pending(place.log.load(INCIDENT), place.now):
            if work.lane == LANE:
                place.runner.run(INCIDENT, work, "w2")


def test_a_kill_on_the_word_of_somebody_who_may_not_respond_any_more_is_not_made(place):
    place.entitled = False
    died_in_the_snapshot(place)
    go_on(place)
    assert not place.events(e.AccessRevoked)
    [withdrawn] = place.events(e.ConsentWithdrawn)
    assert (withdrawn.kind, withdrawn.name) == (ConsentKind.KILL, "anna")


def test_a_kill_on_a_word_that_still_counts_follows(place):
    died_in_the_snapshot(place)
    go_on(place)
    assert place.events(e.AccessRevoked)
    assert not place.events(e.ConsentWithdrawn)
