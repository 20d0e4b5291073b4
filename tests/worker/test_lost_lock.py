"""A worker that lost its lock and enlisted again: what it had begun under the old id may be another's by now."""

import threading
from datetime import timedelta

import pytest

from bot.eventlog import LostLock, open_event_log, open_leadership
from bot.incident import events as e
from bot.incident.commands import Envelope
from bot.incident.operations import Op
from bot.incident.schedule import pending
from bot.metrics import Metrics
from bot.worker.runner import Runner
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL
from tests.support.incidents import CHLOE, START, World, declaration, entry, wanted

INCIDENT = "inc_ab12cd"


class Place:
    """A log with one incident, and a runner that loses its lock in the middle of a capture and enlists again."""

    def __init__(self, log) -> None:
        self.log, self.world, self.now = log, World(), START + timedelta(seconds=1)
        self.went_on = False
        self.runner = Runner(
            log, open_leadership(log.database), dict.fromkeys(Op, self.answer), None, lambda: self.now,
            threading.Event(), Metrics(),
        )  # fmt: skip
        self.worker = self.runner.leadership.enlist()
        log.execute(INCIDENT, Envelope("declare", START, CHLOE, declaration(wanted(entry()))))

    def answer(self, job):
        self.runner.leadership.resign()
        self.runner.leadership.enlist()
        job.still_mine()
        self.went_on = True
        return self.world.answer(job.incident, job.claim)

    def capture(self, worker):
        work = next(work for work in pending(self.log.load(INCIDENT), self.now) if work.op is Op.CAPTURE)
        self.runner.run(INCIDENT, work, worker)


@pytest.fixture
def place(tmp_path):
    log = open_event_log(empty_log(tmp_path / "log.sqlite"), seal=SEAL)
    made = Place(log)
    yield made
    made.runner.leadership.resign()
    log.close()


def test_its_operations_of_the_old_id_go_no_further(place):
    with pytest.raises(LostLock):
        place.capture(place.worker)
    assert not place.went_on
    assert isinstance(place.log.events(INCIDENT)[-1].event, e.OperationStarted)


def test_nothing_is_begun_under_an_id_that_was_given_up(place):
    place.runner.leadership.resign()
    old, place.worker = place.worker, place.runner.leadership.enlist()
    with pytest.raises(LostLock):
        place.capture(old)
    assert place.runner.leadership.living() == {place.worker}
