"""What waits for a person is looked at ever more seldom, each look is recorded, and a person's word brings it back."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.errors import Refused, Unreachable
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import new_lane, old_lane
from bot.incident.model import Old, Strategy
from bot.incident.operations import Op
from bot.incident.schedule import agenda
from bot.model.capabilities import RevokedBy
from bot.worker.retries import failed
from tests.support.incidents import BEN, Story, World, capabilities, declaration, entry, wanted

NAME = "openai-api-key"
BY_HAND = {"revokes": RevokedBy.PERSON, "identifies": False, "snapshots": False}
HOUR, DAY = 3600, 86400


class Watched(World):
    """Where looks fail with `error`, and revocations with `revoking`."""

    def __init__(self) -> None:
        super().__init__()
        self.error = self.revoking = None

    def answer(self, incident, claim):
        error = {Op.PROVE: self.error, Op.REVOKE: self.revoking}.get(claim.op)
        if error is not None:
            return failed(incident, claim, error, self.story.now, spread=lambda: 0.5)
        return super().answer(incident, claim)


def waiting(strategy=Strategy.KILL_FIRST, **can):
    """A living value that only people can revoke, a minute after the declaration."""
    world = Watched()
    story = Story(world=world)
    world.story = story
    story.do(declaration(wanted(entry(can=capabilities(**(BY_HAND | can))), strategy)))
    return story.run(60)


def look(story, seconds, op=Op.PROVE):
    """Makes the looks of so long a time, and nothing else."""
    end = story.now + timedelta(seconds=seconds)
    while works := [work for work in agenda(story.incident, story.now) if work.op is op and work.ready_at <= end]:
        story.now = max(story.now, works[0].ready_at)
        story.finish(story.begin(op))
    story.now = end
    return story


def times(story, kind=e.OldProbed, since=0):
    return [r.at for r in story.log if isinstance(r.event, kind) and r.seq > since]


def pauses(story, since=0):
    return [round((b - a).total_seconds()) for a, b in pairwise(times(story, since=since))]


def test_each_minute_for_an_hour_then_doubling_to_a_quarter_of_one():
    story = look(waiting(), 3 * HOUR)
    gaps = pauses(story)
    assert set(gaps[:58]) == {60}
    grown = [gap for gap in gaps if gap > 60]
    assert grown[:4] == pytest.approx([120, 240, 480, 900], abs=70)
    assert set(grown[4:]) == {900}


@pytest.mark.parametrize(("days", "most"), [(1, 310), (7, 1470)], ids=["a day", "a week"])
def test_what_waits_for_a_person_is_few_events(days, most):
    story = waiting()
    before = len(story.log)
    look(story, days * DAY)
    kinds = Counter(e.kind_of(recorded.event) for recorded in story.log[before:])
    assert kinds["old-probed"] <= 64 + days * DAY / 900
    assert sum(kinds.values()) <= most, kinds


@pytest.mark.parametrize("word", [c.ConfirmRevoked(NAME), c.RecordAbuse(NAME, "calls from elsewhere")], ids=type)
def test_a_persons_word_about_the_secret_brings_the_minutes_back(word):
    story = look(waiting(), 5 * HOUR)
    before = len(story.log)
    story.do(word, BEN)
    story.run(2)
    assert times(story, since=before), "at once"
    story.run(HOUR / 2)
    assert max(pauses(story, before)) <= 60


def test_another_persons_word_about_another_secret_does_not():
    story = look(waiting(), 5 * HOUR)
    story.do(c.AddNote("it rains"), BEN)
    before = len(story.log)
    look(story, 2 * HOUR)
    assert min(pauses(story, before)) == 900


def test_another_answer_brings_the_minutes_back_and_the_proof_needs_no_longer_than_a_minute_more():
    story = look(waiting(), 5 * HOUR)
    story.world.killed.add(NAME)
    story.run(900)
    first = story.secret().old.refused_at
    story.run(120)
    assert story.secret().old_state is Old.DEAD
    assert story.secret().old.contained_at == first


def test_called_revoked_and_still_accepted_is_looked_at_within_seconds_until_it_is_overdue_then_each_minute():
    story = look(waiting(), 5 * HOUR)
    before = len(story.log)
    story.do(c.ConfirmRevoked(NAME), BEN)
    story.run(HOUR)
    gaps = pauses(story, before)
    quick = [gap for gap in gaps if gap <= 5]
    assert len(quick) >= 100
    assert set(gaps) - {*range(6), 60} == set()
    overdue = times(story, e.ContainmentOverdue)[-1]
    assert all(gap == 60 for gap in pauses(story, next(r.seq for r in story.log if r.at > overdue)))


def test_what_holds_sessions_is_looked_at_each_minute_however_long_since_they_are_told_apart_by_the_last_look():
    story = look(waiting(holds_sessions=True), 5 * HOUR)
    assert set(pauses(story)) == {60}
    assert story.secret().old.seen_alive_at == times(story)[-1]


def test_looks_that_cannot_be_had_are_as_few_need_nobody_and_go_on_once_a_person_speaks():
    story = waiting()
    story.world.error = Unreachable("openai", "probe the key", "no answer")
    before = len(story.log)
    look(story, DAY)
    kinds = Counter(e.kind_of(recorded.event) for recorded in story.log[before:])
    assert kinds["operation-failed"] <= 200
    assert not story.incident.lane(old_lane(NAME)).failed_for_good
    story.world.error = None
    story.do(c.ConfirmRevoked(NAME), BEN)
    story.run(2)
    assert story.secret().old.last_probe_at >= story.now - timedelta(seconds=2)


def test_beside_a_revocation_that_failed_for_good_they_are_as_few_and_hold_up_no_retry_of_it():
    world = Watched()
    story = world.story = Story(world=world)
    world.revoking = Refused("openai", "revoke the key", "HTTP 403")
    story.do(declaration())
    story.run(60)
    assert story.incident.lane(old_lane(NAME)).gave_up(Op.REVOKE)
    world.error = Unreachable("openai", "probe the key", "no answer")
    before = len(story.log)
    look(story, 10 * HOUR)
    failures = [r for r in story.log[before:] if isinstance(r.event, e.OperationFailed) and r.event.op is Op.PROVE]
    assert 60 <= len(failures) <= 100
    assert story.incident.lane(old_lane(NAME)).gave_up(Op.REVOKE)
    world.revoking = None
    story.do(c.Retry(old_lane(NAME)), BEN)
    world.error = None
    story.run(5)
    assert story.secret().old.revoked_at is not None


def test_looks_before_any_answer_that_fail_for_good_wake_people_once_and_go_on_by_the_minute():
    world = Watched()
    story = world.story = Story(world=world)
    world.error = Refused("openai", "probe the key", "HTTP 400")
    story.do(declaration(wanted(entry(can=capabilities(**BY_HAND)))))
    story.run(60)
    story.do(c.ConfirmRevoked(NAME), BEN)
    look(story, 60)
    woken = story.incident.alerts
    look(story, 3 * HOUR)
    failures = [r for r in story.log if isinstance(r.event, e.OperationFailed) and r.event.op is Op.PROVE]
    assert 60 <= len(failures) <= 75
    assert story.incident.alerts == woken


def test_consumers_that_refuse_the_new_value_are_asked_as_seldom_and_again_by_the_minute_on_a_persons_word():
    story = Story(declaration(wanted(strategy=Strategy.OVERLAP)))
    story.world.failing = {"checkout"}
    story.run(60)
    before = len(story.log)
    look(story, DAY, Op.CONFIRM)
    asked = times(story, e.ConsumersFailing, before)
    assert len(asked) <= 190
    assert (asked[-1] - asked[-2]).total_seconds() == 900
    story.do(c.Retry(new_lane(NAME)), BEN)
    before = len(story.log)
    story.run(HOUR / 2)
    assert len(times(story, e.ConsumersFailing, before)) >= 29
    story.world.failing = set()
    story.run(61)
    assert story.secret().new.live_at is not None


def test_after_the_close_a_look_that_fails_beside_a_stopped_lane_counts_as_one():
    world = Watched()
    story = world.story = Story(world=world)
    world.revoking = Refused("openai", "revoke the key", "HTTP 403")
    story.do(declaration())
    story.run(60)
    world.error = Unreachable("openai", "probe the key", "no answer")
    story.record(e.IncidentClosed("enough"), "chloe")
    before = len(story.log)
    look(story, 40 * DAY)
    failures = [r for r in story.log[before:] if isinstance(r.event, e.OperationFailed) and r.event.op is Op.PROVE]
    assert len(failures) == len(story.incident.traits.looks_after_close) == story.secret().old.probes_after_close
