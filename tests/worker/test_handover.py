"""An operation of a run that is handed over while it works: it goes no further, and what it made is swept up."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import Refused
from bot.eventlog import open_event_log, open_leadership
from bot.inbox import Declaration, Incidents, SecretChoice
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.commands import Envelope
from bot.incident.operations import Op
from bot.incident.schedule import pending
from bot.metrics import Metrics
from bot.worker.runner import Runner
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL
from tests.support.incidents import CHLOE, PLAYBOOK, START, TIMINGS, World, entry, wanted
from tests.support.rotations import AUTO, MACHINE, ROTATION, rotation

NAME, RUN = "openai-api-key", "inc_run234"


class Catalog:
    def entry(self, name, _environment):
        return name


class Place:
    """A log, a runner whose operations are answered by `World`, and a compromise that comes in the middle of one."""

    def __init__(self, log) -> None:
        self.log, self.world = log, World()
        self.now = START
        self.in_the_middle_of = None
        self.refused = None
        self.incident = ""
        self.runner = Runner(
            log, open_leadership(log.database), dict.fromkeys(Op, self.answer), None, lambda: self.now,
            threading.Event(), Metrics(),
        )  # fmt: skip
        self.worker = self.runner.leadership.enlist()
        secret = wanted(entry(owner="dana"), m.Strategy.OVERLAP)
        body = replace(rotation(secret, planned=AUTO), incident=RUN)
        log.execute(RUN, Envelope("begin", START, MACHINE, body))

    def answer(self, job):
        if job.claim.op is self.in_the_middle_of:
            self.compromise()
            try:
                job.still_mine()
            except Refused as refused:
                self.refused = refused
        return self.world.answer(job.incident, job.claim)

    def compromise(self):
        playbooks = {"secret-compromise": PLAYBOOK, "rotation": ROTATION}
        incidents = Incidents(self.log, Catalog(), playbooks, TIMINGS, entry, lambda: self.now)
        declaration = Declaration(
            environment="production", secrets=(SecretChoice(NAME),), how_noticed="in a gist", public=True
        )
        self.incident = incidents.declare(declaration, CHLOE, "d1").incident.id

    def run_until(self, op):
        while not self.incident:
            self.now += timedelta(seconds=1)
            work = next(w for w in pending(self.log.load(RUN), self.now) if w.op in {Op.CAPTURE, Op.SNAPSHOT, op})
            self.runner.run(RUN, work, self.worker)


@pytest.fixture
def place(tmp_path):
    log = open_event_log(empty_log(tmp_path / "log.sqlite"), seal=SEAL)
    made = Place(log)
    yield made
    made.runner.leadership.resign()
    log.close()


def test_a_key_that_was_being_made_is_told_as_late_and_looked_for(place):
    place.in_the_middle_of = Op.ISSUE
    place.run_until(Op.ISSUE)
    run, incident = place.log.load(RUN), place.log.load(place.incident)
    assert [recorded.event for recorded in place.log.events(RUN)][-1].op is Op.ISSUE
    assert isinstance(place.log.events(RUN)[-1].event, e.OutcomeRefused)
    assert [r.event for r in place.log.events(place.incident)][-1] == e.LateOutcomeNoted(NAME, RUN, Op.ISSUE)
    assert incident.secrets[NAME].new.sweep_at is not None
    assert not run.open


def test_it_makes_no_further_call_that_cannot_be_undone(place):
    place.in_the_middle_of = Op.ISSUE
    place.run_until(Op.ISSUE)
    assert f"{RUN} was handed over" in str(place.refused)


def test_the_incident_kills_meanwhile_and_waits_for_nothing(place):
    place.in_the_middle_of = Op.ISSUE
    place.run_until(Op.ISSUE)
    assert Op.REVOKE in {work.op for work in pending(place.log.load(place.incident), place.now)}
    assert Op.CAPTURE not in {work.op for work in pending(place.log.load(place.incident), place.now)}
