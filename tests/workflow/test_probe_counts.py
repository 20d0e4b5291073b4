"""An hour of watching is a handful of events, which say no more than was seen; what a proof is made of stays whole."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import LogUnavailable, Refused, Unreachable
from bot.eventlog import open_event_log
from bot.incident import events as e
from bot.incident.commands import ConfirmRevoked, CountLooks, Envelope, HandOverSecrets, Retry
from bot.incident.lanes import old_lane
from bot.incident.model import BOT, Old, Strategy
from bot.incident.old_value.looks import quiet
from bot.incident.old_value.schedule import LOOK_HOLDS
from bot.incident.operations import Op, Work
from bot.incident.schedule import due, pending
from bot.metrics import Metrics
from bot.model.capabilities import RevokedBy
from bot.model.probes import Probe
from bot.phrases.secrets import streak_words
from bot.workflow.runner import Runner
from bot.workflow.trouble import Trouble
from bot.workflow.worker import WATCHED_BY_ANOTHER, Worker
from tests.support.databases import empty_log
from tests.support.event_logs import SEAL
from tests.support.incidents import ANNA, CHLOE, START, World, capabilities, declaration, entry, probe, wanted
from tests.support.rotations import rotation

KEY = "stripe-secret-key"
INCIDENT = "inc_ab3cde"
HOUR = timedelta(hours=1)


class Alive:
    """A lock that is never lost."""

    def check(self, worker):
        pass


BY_HAND = {"revokes": RevokedBy.PERSON, "identifies": False, "snapshots": False}


class Watch:
    """One secret (that only a person can revoke if nothing is said), a worker's runner without threads, a clock."""

    def __init__(self, folder, strategy=Strategy.KILL_FIRST, can=BY_HAND, begin=declaration, **also) -> None:
        self.now, self.world, self.error, self.looked, self.asked, self.words = START, World(), None, [], [], ""
        self.trouble = Trouble(lambda: self.now, lambda _sentence: None)
        self.event_log = open_event_log(empty_log(folder / "log.sqlite"), seal=SEAL)
        self.give(begin(wanted(entry(KEY, can=capabilities(**can, **also)), strategy)), ANNA)
        self.restart()

    def restart(self):
        """As after a kill -9: what was only counted is gone."""
        operations = dict.fromkeys(Op, self.answer)
        self.runner = Runner(self.event_log, Alive(), operations, None, lambda: self.now, threading.Event(), Metrics())

    def answer(self, job):
        if job.claim.op is Op.PROVE:
            self.looked.append(self.now)
            if self.error is not None:
                raise self.error
        outcome = self.world.answer(job.incident, job.claim)
        if job.claim.op is Op.CONFIRM:
            self.asked.append(self.now)
        if isinstance(outcome, e.ConsumersFailing) and self.words:
            return replace(outcome, detail=self.words)
        if isinstance(outcome, e.OldProbed) and outcome.probe.liveness != "dead":
            return replace(outcome, control=None)  # as the real look: only a refusal wants one
        return outcome

    def give(self, body, actor=BOT):
        return self.event_log.execute(INCIDENT, Envelope(f"c{self.now}{body}", self.now, actor, body)).incident

    @property
    def incident(self):
        return self.event_log.load(INCIDENT)

    @property
    def old(self):
        return self.incident.secrets[KEY].old

    def kinds(self, after=0):
        return Counter(e.kind_of(recorded.event) for recorded in self.event_log.events(INCIDENT, after=after))

    def run(self, span, only=frozenset(Op) - {Op.TICK, Op.PAGE}):
        """Does what the worker's loop does, for so long."""
        end = self.now + span
        while True:
            seen = self.runner.probe_counts.watched(self.incident)
            ready = [work for work in pending(seen, self.now) if work.op in only]
            for work in ready:
                self.runner.run(INCIDENT, work, "w1", trouble=self.trouble)
            later = due(self.runner.probe_counts.watched(self.incident), self.now)
            if not ready and (later is None or later > end):
                self.now = end
                return
            self.now = self.now + timedelta(milliseconds=10) if ready else later


@pytest.fixture
def watch(tmp_path):
    made = Watch(tmp_path)
    made.run(timedelta(seconds=30))
    yield made
    made.event_log.close()


def since(watch):
    return watch.incident.seq


def test_an_hour_of_watching_a_living_value_is_a_handful_of_events(watch):
    before, began = since(watch), len(watch.looked)
    watch.run(HOUR)
    looks = len(watch.looked) - began
    assert 58 <= looks <= 60
    assert sum(watch.kinds(before).values()) <= 10
    assert set(watch.kinds(before)) == {"old-watched"}


def test_the_count_and_the_last_time_are_what_was_seen(watch):
    watch.run(HOUR)
    watch.runner.count_all()
    old = watch.old
    assert old.streak.count == old.probes == len(watch.looked) + 1  # the first look is the snapshot's
    assert old.seen_alive_at == old.last_probe_at == old.streak.until == watch.looked[-1]
    assert streak_words(watch.incident.secrets[KEY]) == (
        f"{old.probes} answers, all alike, until {old.seen_alive_at:%Y-%m-%d %H:%M:%S} UTC"
    )
    said = watch.kinds()
    watch.runner.count_all()
    assert watch.kinds() == said


def test_a_crash_loses_a_count_and_makes_up_none(watch):
    watch.run(timedelta(minutes=45))
    told = watch.old.probes
    watch.restart()
    assert told <= len(watch.looked) + 1
    assert watch.old.last_probe_at in watch.looked
    watch.run(timedelta(minutes=45))
    watch.runner.count_all()
    assert told < watch.old.probes <= len(watch.looked) + 1
    assert watch.old.last_probe_at == watch.looked[-1]


def test_what_was_counted_in_a_run_that_was_handed_over_since_keeps_no_worker_from_its_end(tmp_path):
    watch = Watch(tmp_path, Strategy.OVERLAP, begin=rotation)
    watch.run(timedelta(minutes=50))
    assert watch.runner.probe_counts.kept()
    watch.give(HandOverSecrets("inc_leak23", (KEY,)), CHLOE)
    said = watch.kinds()
    watch.runner.count_all()
    assert watch.kinds() == said
    watch.event_log.close()


def test_what_changes_is_recorded_behind_what_was_counted(watch):
    watch.run(timedelta(minutes=50))
    before = since(watch)
    watch.world.look = lambda _name: Probe("old", "unknown", "HTTP 503")
    watch.run(timedelta(minutes=1))
    told = [recorded.event for recorded in watch.event_log.events(INCIDENT, after=before)]
    assert [e.kind_of(event) for event in told] == ["old-watched", "operation-started", "old-probed"]
    assert told[0].until == watch.looked[-2]
    assert told[2].probe.detail == "HTTP 503"
    assert watch.old.streak.count == 1
    assert watch.old.seen_alive_at == watch.looked[-2]


def test_an_outage_that_is_told_in_changing_words_is_one_outage(watch):
    words = ["HTTP 503", "no answer"]
    watch.world.look = lambda _name: Probe("old", "unknown", words[len(watch.looked) % 2])
    watch.run(timedelta(minutes=5))
    before = since(watch)
    watch.run(HOUR)
    assert sum(watch.kinds(before).values()) <= 10


def test_refusals_are_each_an_event_until_the_value_is_proven_dead(watch):
    watch.run(timedelta(minutes=20))
    before = since(watch)
    watch.world.killed.add(KEY)
    watch.give(ConfirmRevoked(KEY), ANNA)
    watch.run(timedelta(minutes=5))
    assert watch.incident.secrets[KEY].old_state is Old.DEAD
    kinds = watch.kinds(before)
    assert (kinds["old-watched"], kinds["old-probed"], kinds["old-proven-dead"]) == (1, 2, 1)
    assert watch.old.refusals.count == 2


def test_the_refusal_that_ends_a_count_is_not_asked_for_twice(watch):
    watch.run(timedelta(minutes=20))
    watch.world.killed.add(KEY)
    before, looks = since(watch), len(watch.looked)
    watch.run(timedelta(minutes=1))
    assert watch.kinds(before) == {"old-watched": 1, "operation-started": 1, "old-probed": 1}
    assert len(watch.looked) == looks + 1
    assert watch.old.refused_at is not None


def test_it_is_asked_for_again_where_somebody_spoke_of_the_value_meanwhile(watch):
    watch.run(timedelta(minutes=20))
    watch.world.killed.add(KEY)
    before, looks = since(watch), len(watch.looked)
    look = watch.world.look

    def interrupted(name):
        watch.world.look = look
        watch.give(ConfirmRevoked(KEY), ANNA)
        return probe("dead")

    watch.world.look = interrupted
    watch.run(timedelta(seconds=59))
    assert watch.kinds(before)["old-probed"] == len(watch.looked) - looks - 1 >= 1


def test_that_it_still_lives_after_it_was_called_revoked_is_an_event(watch):
    watch.run(timedelta(minutes=20))
    before = since(watch)
    watch.give(ConfirmRevoked(KEY), ANNA)
    watch.run(timedelta(seconds=1))
    assert watch.kinds(before)["old-probed"] == 1
    before = since(watch)
    watch.run(timedelta(minutes=8))  # one look in five seconds
    assert watch.kinds(before) == {"old-watched": 4}


@pytest.mark.parametrize("detail", ["", "HTTP 200, a new word"], ids=["nothing new", "something new"])
def test_a_look_that_somebody_says_it_is_revoked_during_is_no_answer_to_that(watch, detail):
    watch.run(timedelta(minutes=20))
    looks, said = len(watch.looked), []

    def across(_name):
        if not said:
            said.append(watch.now)
            watch.now += timedelta(seconds=2)
            watch.give(ConfirmRevoked(KEY), ANNA)
            watch.now += timedelta(seconds=2)
            return replace(probe("live"), detail=detail or probe("live").detail)
        return probe("dead")

    watch.world.look = across
    watch.run(timedelta(minutes=3))
    events = [r.event for r in watch.event_log.events(INCIDENT)]
    after = events[events.index(e.RevokedByPerson(KEY)) :]
    assert len(watch.looked) > looks
    assert {event.probe.liveness for event in after if isinstance(event, e.OldProbed)} == {"dead"}
    assert all(event.until <= said[0] for event in after if isinstance(event, e.OldWatched))
    assert watch.incident.secrets[KEY].old_state is Old.DEAD


def test_one_sight_of_life_between_two_looks_that_saw_none_is_kept(watch):
    watch.world.look = lambda _name: Probe("old", "unknown", "HTTP 503")
    watch.run(timedelta(minutes=30))
    before = since(watch)
    lives = iter([True])
    watch.world.look = lambda _name: probe("live") if next(lives, False) else Probe("old", "unknown", "HTTP 503")
    watch.run(timedelta(minutes=1))
    seen = [r.event.probe.liveness for r in watch.event_log.events(INCIDENT, after=before)
            if isinstance(r.event, e.OldProbed)]  # fmt: skip
    assert seen == ["live"]


def test_refusals_that_can_prove_nothing_are_counted_at_last(tmp_path):
    watch = Watch(tmp_path)
    watch.world.killed.add(KEY)
    watch.run(timedelta(seconds=30))
    watch.give(ConfirmRevoked(KEY), ANNA)
    watch.run(timedelta(minutes=5))
    assert watch.incident.secrets[KEY].old_state is Old.UNPROVEN
    before, run = since(watch), watch.old.refusals
    watch.run(HOUR)
    assert sum(watch.kinds(before).values()) <= 12
    assert watch.old.refusals == run  # the run that a proof could be made of is what stands look by look
    watch.event_log.close()


def test_a_value_with_sessions_is_recorded_look_by_look_since_they_are_told_apart_by_it(tmp_path):
    watch = Watch(tmp_path, holds_sessions=True)
    watch.run(timedelta(minutes=10))
    assert watch.old.seen_alive_at == watch.looked[-1]
    watch.event_log.close()


def test_a_look_that_cannot_be_had_is_told_once(watch):
    watch.error = Unreachable("ssm", "read a parameter", "no answer")
    watch.run(timedelta(minutes=15))
    before = since(watch)
    watch.run(HOUR)
    assert sum(watch.kinds(before).values()) == 0
    assert len([at for at in watch.looked if at > watch.now - HOUR]) >= 55
    watch.error = None
    watch.run(timedelta(minutes=2))
    assert watch.old.last_probe_at > watch.now - timedelta(minutes=2)


class Others(Alive):
    """Two workers, the other one of which leads."""

    def living(self):
        return {"w0", "w1"}

    def resign(self):
        pass


def test_of_several_workers_one_watches_and_counts_what_it_has_seen_when_it_ends(watch):
    watch.run(timedelta(minutes=5))
    worker = Worker(watch.event_log, Others(), watch.runner, None, lambda: watch.now, id="w1")
    look = Work(Op.PROVE, old_lane(KEY), KEY, watch.now)
    started = []
    worker._pool.submit = lambda _run, _incident, work, _instead_of: started.append(work.op)
    assert worker._start(watch.incident, look, None)
    assert started == []
    assert worker._watch_list.again[INCIDENT] == watch.now + timedelta(seconds=WATCHED_BY_ANOTHER)
    worker.id = "w0"
    assert worker._start(watch.incident, look, None)
    assert started == [Op.PROVE]

    worker._running.clear()
    worker._end()
    assert watch.old.last_probe_at == watch.looked[-1]


def test_a_look_before_a_kill_is_never_only_counted(tmp_path):
    watch = Watch(tmp_path)
    secret = watch.incident.secrets[KEY]
    before = replace(watch.incident, secrets={KEY: replace(secret, entry=entry(KEY))})
    looks = [work for work in pending(before, watch.now) if work.op is Op.PROVE]
    assert not any(quiet(before, work, watch.now) for work in looks)
    watch.event_log.close()


def test_what_was_counted_against_another_look_is_not_recorded(watch):
    stale = CountLooks(KEY, watch.old.probes - 1, 5, START, watch.now, probe("live"))
    other = CountLooks(KEY, watch.old.probes, 5, START, watch.now, probe("dead"))
    before = since(watch)
    watch.give(stale)
    watch.give(other)
    assert since(watch) == before
    watch.give(Retry(), CHLOE)  # nothing failed: refused, and recorded as that
    assert watch.kinds(before) == {"command-refused": 1}


# --- consumers ------------------------------------------------------------------------------------------------------


@pytest.fixture
def failing(tmp_path):
    """An overlap, in the middle of which the one consumer refuses the new value."""
    made = Watch(tmp_path, strategy=Strategy.OVERLAP, can={"revokes": RevokedBy.MACHINE})
    made.world.failing = {"checkout"}
    made.run(timedelta(minutes=3))
    assert made.incident.secrets[KEY].new.failing == ("checkout",)
    yield made
    made.event_log.close()


def test_consumers_that_go_on_failing_are_asked_every_minute_and_counted(failing):
    before, began = since(failing), len(failing.asked)
    failing.run(HOUR)
    assert 58 <= len(failing.asked) - began <= 125
    told = [
        r.event for r in failing.event_log.events(INCIDENT, after=before) if isinstance(r.event, e.ConsumersFailing)
    ]
    assert 1 <= len(told) <= 2
    assert sum(event.asks for event in told) <= len(failing.asked)
    assert told[-1].asks > 25
    assert failing.kinds(before)["operation-started"] == len(told)


def test_that_they_are_well_again_is_recorded_within_a_minute_and_the_overlap_goes_on(failing):
    failing.run(timedelta(minutes=20))
    failing.world.failing = set()
    well = failing.now
    failing.run(timedelta(seconds=70))
    new = failing.incident.secrets[KEY].new
    assert new.live_at is not None
    assert new.live_at - well <= timedelta(seconds=61)


def test_another_consumer_that_fails_too_is_recorded_at_once(failing):
    failing.run(timedelta(minutes=10))
    failing.words = "checkout: health HTTP 503"
    before = since(failing)
    failing.run(timedelta(seconds=61))
    assert failing.kinds(before)["consumers-failing"] == 1


def test_a_crash_forgets_how_often_consumers_were_asked(failing):
    failing.run(timedelta(minutes=10))
    failing.restart()
    before = since(failing)
    failing.run(timedelta(minutes=30))
    told = [
        r.event for r in failing.event_log.events(INCIDENT, after=before) if isinstance(r.event, e.ConsumersFailing)
    ]
    assert 1 <= sum(event.asks for event in told) <= len(failing.asked)


def test_a_kill_that_is_retried_goes_by_the_looks_that_were_only_counted(tmp_path):
    watch = Watch(tmp_path, can={})
    refused = [True]
    usual = watch.answer

    def answer(job):
        if job.claim.op is Op.REVOKE and refused:
            raise Refused("stripe", "revoke the old value", "HTTP 403")
        return usual(job)

    watch.answer = answer
    watch.restart()
    while watch.old.last_probe_at is None or watch.now - watch.old.last_probe_at <= LOOK_HOLDS:
        watch.run(timedelta(minutes=1))  # it has failed for good, and is looked at each minute: so much the log has
    refused.clear()
    watch.give(Retry(old_lane(KEY)), ANNA)
    watch.run(timedelta(seconds=5))
    assert watch.old.revoked_at is not None
    watch.event_log.close()


def test_nor_does_it_wait_where_the_last_looks_could_not_be_had(tmp_path):
    watch = Watch(tmp_path, can={})
    refused = [True]
    usual = watch.answer

    def answer(job):
        if job.claim.op is Op.REVOKE:
            if refused:
                raise Refused("stripe", "revoke the old value", "HTTP 403")
            watch.error = None
        return usual(job)

    watch.answer = answer
    watch.restart()
    watch.run(timedelta(minutes=5))
    watch.error = Unreachable("stripe", "probe the key", "no answer")
    failed = watch.looked[-1]
    while len([at for at in watch.looked if at > failed]) < 3:
        watch.run(timedelta(seconds=10))
    refused.clear()
    watch.give(Retry(old_lane(KEY)), ANNA)
    watch.run(timedelta(seconds=1))
    assert watch.old.revoked_at is not None
    watch.event_log.close()


def test_nothing_is_looked_at_while_what_it_shows_could_not_be_recorded(watch, monkeypatch):
    def full(*_):
        raise LogUnavailable("the disk is full")

    seen, looked = since(watch), len(watch.looked)
    watch.trouble.begins("the disk is full")
    with monkeypatch.context() as patch:
        patch.setattr(watch.event_log, "execute", full)
        for _ in range(3):
            with pytest.raises(LogUnavailable):
                watch.run(HOUR)
    assert (since(watch), len(watch.looked)) == (seen, looked)

    watch.run(timedelta(minutes=1))

    assert len(watch.looked) > looked
    assert since(watch) > seen
