"""Consumers that fail with a new key: what is live, what waits, who is woken, and what the plan says of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.clocks import clocks
from bot.incident.consumers.lacking import lacking
from bot.incident.lanes import new_lane
from bot.incident.operations import Op
from bot.incident.order import holds
from bot.incident.overlap.rules import overlap_end
from bot.model.capabilities import Makes
from bot.model.secrets import Consumer
from tests.support.consents import SHOWN
from tests.support.incidents import (
    ANNA,
    BEN,
    DORA,
    Silent,
    Story,
    World,
    capabilities,
    declaration,
    entry,
    wanted,
)

NAME = "openai-api-key"
OVERLAP = m.Strategy.OVERLAP
TWO = (Consumer("checkout", "live", "https://checkout.example/health"), Consumer("mailer"))


def failing(*functions, before=(), strategy=OVERLAP, seconds=60, consumers=None, **changes):
    world = World()
    world.failing, world.unwell_before = set(functions or ("checkout",)), set(before)
    secret = entry(consumers=consumers) if consumers else entry()
    story = Story(declaration(replace(wanted(secret, strategy), **changes)), ANNA, world).run(seconds)
    if story.incident.request is not None:
        story.approve(BEN)
    return story


def waiting(story):
    return list(holds(story.incident, story.secret(), story.now))


def test_what_a_consumer_refuses_is_failing_and_no_clock_counts_it():
    story = failing()
    assert story.secret().new_state is m.New.FAILING
    times = clocks(story.incident, story.secret())
    assert (times.restored, times.restore_seconds) == (None, None)
    assert not story.secret().restored
    assert not story.secret().in_place
    assert NAME in story.incident.worries
    assert "a replacement is in use" not in story.incident.milestones
    assert not any(isinstance(record.event, e.ValueLive) for record in story.log)


@pytest.mark.parametrize("consumers", [TWO, (Consumer("mailer"),), ()])
def test_unconfirmed_is_what_cannot_be_asked_and_is_not_restored_either(consumers):
    story = Story(declaration(wanted(entry(consumers=consumers))), ANNA, Silent()).run(1)
    assert story.secret().new_state is m.New.UNCONFIRMED
    assert clocks(story.incident, story.secret()).restored is None
    assert story.secret().in_place


def test_while_one_fails_the_overlaps_kill_waits_however_long():
    story = failing().run(6 * 3600)
    assert overlap_end(story.incident, story.secret()) is None
    assert not story.world.killed
    assert story.secret().old_state is m.Old.ALIVE
    assert "checkout fails with the new key: the old one is kept until people decide" in waiting(story)[0]


def test_the_overlap_begins_when_the_last_one_is_well():
    story = failing().run(3600)
    story.world.failing.clear()
    well = story.now
    story.run(120)
    assert story.secret().new_state is m.New.LIVE
    assert clocks(story.incident, story.secret()).restored >= well
    end = overlap_end(story.incident, story.secret())
    assert end >= well + timedelta(seconds=story.incident.timings.overlap)
    story.work(until=end - timedelta(seconds=1))
    assert not story.world.killed
    story.run(120 + (end - story.now).total_seconds())
    assert story.world.killed
    assert waiting(story) == []


def test_consumers_are_asked_once_more_before_the_kill_of_an_overlap():
    """One can begin to fail long after the value was found live."""
    story = failing("nobody")
    assert story.secret().new_state is m.New.LIVE
    story.run(600)
    story.world.failing.add("checkout")
    story.run(3600)
    assert story.secret().new_state is m.New.FAILING
    assert not story.world.killed
    story.world.failing.clear()
    story.run(120 + story.incident.timings.overlap)
    assert story.world.killed


def test_a_look_from_before_the_consent_is_none_before_the_kill():
    story = Story(declaration(wanted(strategy=OVERLAP))).run(3000)
    story.world.failing.add("checkout")
    story.approve(BEN)
    story.run(600)
    assert story.secret().new_state is m.New.FAILING
    assert not story.world.killed


def test_kill_first_does_not_wait_for_anybodys_health():
    story = failing(strategy=m.Strategy.KILL_FIRST)
    assert story.secret().gone
    assert story.secret().new_state is m.New.FAILING
    assert waiting(story) == []


def test_whoever_wants_it_ended_now_can():
    story = failing()
    story.do(c.KillNow(NAME, SHOWN), DORA)
    story.run(120)
    assert story.secret().gone
    assert story.secret().new_state is m.New.FAILING


# --- after the kill ---------------------------------------------------------------------------------------------------


def killed(**changes):
    """An overlap that has ended, with consumers that were well until its kill; and how often they had been asked."""
    story = failing("nobody", **changes)
    asks = story.incident.lane(new_lane(NAME)).attempts.get(Op.CONFIRM, 0)
    while not story.secret().old.refusals:
        story.run(1)
    return story, asks


def test_consumers_are_asked_once_more_after_the_kill_and_one_that_lived_on_the_old_value_fails_and_pages():
    story, _ = killed()
    assert story.secret().new_state is m.New.LIVE
    before = len(story.incident.alerts)
    story.world.failing.add("checkout")
    story.run(60)
    assert (story.secret().old_state, story.secret().new_state) == (m.Old.DEAD, m.New.FAILING)
    assert len(story.incident.alerts) > before
    assert clocks(story.incident, story.secret()).restored is None


def test_where_all_are_well_after_the_kill_they_are_asked_that_once():
    story, asks = killed()
    story.run(600)
    assert story.secret().new_state is m.New.LIVE
    assert story.incident.lane(new_lane(NAME)).attempts[Op.CONFIRM] == asks + 2, "before the kill, and after it"


def test_where_the_new_value_came_after_the_death_nobody_is_asked_again_for_that():
    story = failing("nobody", strategy=m.Strategy.KILL_FIRST).run(600)
    assert story.secret().gone
    assert Op.CONFIRM not in story.incident.lane(new_lane(NAME)).attempts


# --- failing before -------------------------------------------------------------------------------------------------


def test_what_failed_before_says_nothing_of_the_new_value_and_holds_nothing_up():
    story = failing(before=("checkout",))
    assert (story.secret().new_state, story.secret().new.as_before) == (m.New.UNCONFIRMED, ("checkout",))
    assert clocks(story.incident, story.secret()).restored is None
    assert "a consumer fails with a replacement" not in story.incident.alerts
    story.run(2 * story.incident.timings.overlap)
    assert story.world.killed
    assert story.secret().new_state is m.New.UNCONFIRMED


def test_once_it_is_well_it_is_live():
    story = failing(before=("checkout",))
    story.world.failing.clear()
    story.run(60)
    assert (story.secret().new_state, story.secret().new.as_before) == (m.New.LIVE, ())


def test_what_was_well_before_fails_beside_it():
    story = failing("checkout", "mailer", before=("mailer",), consumers=TWO)
    assert (story.secret().new_state, story.secret().new.failing) == (m.New.FAILING, ("checkout",))


# --- retry ----------------------------------------------------------------------------------------------------------


def test_retry_asks_them_at_once():
    story = failing().run(3600)
    story.world.failing.clear()
    story.now += timedelta(seconds=1)
    story.do(c.Retry(new_lane(NAME)), DORA)
    story.work(until=story.now)
    assert story.secret().new_state is m.New.LIVE


# --- a consumer that lacks another value too ------------------------------------------------------------------------

BY_PERSON = entry("stripe-secret-key", can=capabilities(makes=Makes.PERSON))


def lacking_one():
    """checkout reads two keys, both dead; of one a person has not brought the new key yet."""
    world = World()
    world.failing = {"checkout"}
    return Story(declaration(wanted(), wanted(BY_PERSON)), ANNA, world).run(60)


def test_nobody_can_tell_what_a_consumer_fails_with_while_it_lacks_another_value():
    story = lacking_one()
    assert lacking(story.incident, story.secret()) == ("stripe-secret-key",)
    assert story.secret().new_state is m.New.FAILING
    assert story.secret().new.blamed_at is None
    assert story.incident.alerts, "whatever it fails with, people are woken"


def test_once_it_has_all_values_what_it_refuses_is_blamed_within_a_minute_however_long_it_has_waited():
    story = lacking_one().run(4 * 3600)
    story.do(c.AnnounceSubmission("stripe-secret-key", "a" * 16))
    story.run(90)
    assert lacking(story.incident, story.secret()) == ()
    assert story.secret().new.blamed_at is not None


def test_a_consumer_with_all_its_values_is_blamed_from_the_first_refusal_on():
    story = failing(strategy=m.Strategy.KILL_FIRST)
    assert story.secret().new.blamed_at == story.secret().new.failing_since
    story.world.failing.clear()
    story.run(120)
    assert story.secret().new.blamed_at is None
