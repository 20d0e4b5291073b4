"""Functions that are not fully refreshed: looked at again, and the end of an overlap waits for them."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.lanes import function_lane
from bot.incident.model import Worse
from bot.incident.offers import available, unblocked, urged
from bot.incident.operations import Op
from bot.incident.order import holds
from bot.incident.todos import needed, todos
from bot.phrases.needs import need_words
from bot.phrases.rotations import disturbed, run_lines
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, Story, World, declaration, entry, wanted
from tests.support.rotations import AUTO, MACHINE, OVERLAP, rotation

NAME = "openai-api-key"
WHY = "alias live divides its traffic between versions: finish that deployment, then refresh again"


def incomplete(seconds=1200, strategy=m.Strategy.OVERLAP, public=True, **changes):
    """An overlap, agreed to by two, with one function of which part of the traffic reads the old key."""
    world = World()
    world.incomplete = {"checkout": WHY}
    story = Story(declaration(wanted(entry(), strategy, **changes), public=public), ANNA, world).run(10)
    if story.incident.request is not None:
        story.approve(BEN)
    return story.run(seconds)


def kinds(story, kind):
    return [recorded for recorded in story.log if isinstance(recorded.event, kind)]


def test_the_end_of_an_overlap_waits_and_says_for_which_function_and_what_to_do():
    story = incomplete()
    secret = story.secret()
    assert (secret.new_state, secret.old_state) == (m.New.UNCONFIRMED, m.Old.ALIVE)
    [words] = holds(story.incident, secret, story.now)
    assert f"checkout ({WHY})" in words
    assert "retry" in words
    [told] = kinds(story, e.OverlapHeld)
    assert (told.event.copies, told.event.readers) == ((), ("checkout",))
    assert told.at >= secret.new.live_at + timedelta(seconds=story.incident.timings.overlap)
    assert Worse.HELD_BY_READERS in story.incident.milestones
    assert Worse.HELD_BY_READERS in story.incident.alerts
    offers = urged(story.incident, story.now)
    [need] = needed(story.incident, todos(story.incident, story.now), story.now).values()
    assert c.Retry in {offer.kind for offer in need}
    assert f"not all traffic uses the new key: checkout ({WHY})" in need_words(story.incident, secret, need)
    assert unblocked(offers, c.KillNow)


def test_it_is_looked_at_again_and_what_is_known_is_not_recorded_again():
    story = incomplete()
    assert story.incident.lane(function_lane("checkout")).attempts[Op.REFRESH] > 3
    assert len(kinds(story, e.FunctionRefreshed)) == 1
    story.world.incomplete.clear()
    story.run(300)
    assert len(kinds(story, e.FunctionRefreshed)) == 2
    assert (story.secret().new_state, story.secret().old_state) == (m.New.LIVE, m.Old.DEAD)


def test_a_retry_looks_at_once():
    story = incomplete()
    story.world.incomplete.clear()
    retry = c.Retry(function_lane("checkout"))
    assert any(offer.command == retry for offer in unblocked(available(story.incident, story.now), c.Retry))
    story.do(retry)
    story.run(1)
    assert story.incident.functions["checkout"].complete
    assert "Nothing needs a retry" in story.refused(retry)


def test_its_consumers_are_asked_once_more_before_the_kill_and_one_that_refuses_keeps_the_old_value():
    story = incomplete()
    story.world.incomplete.clear()
    story.world.failing.add("checkout")
    story.do(c.Retry(function_lane("checkout")))
    story.run(300)
    assert (story.secret().new_state, story.secret().old_state) == (m.New.FAILING, m.Old.ALIVE)


@pytest.mark.parametrize("body", [c.KillNow(NAME, SHOWN), c.RecordAbuse(NAME, "seen")], ids=["kill now", "abuse"])
def test_who_wants_it_killed_now_waits_for_no_function(body):
    story = incomplete()
    story.do(body, BEN)
    story.run(120)
    assert story.secret().old_state is m.Old.DEAD
    assert not [*holds(story.incident, story.secret(), story.now)]


def test_a_kill_at_once_waits_for_no_function():
    assert incomplete(120, m.Strategy.KILL_FIRST).secret().old_state is m.Old.DEAD


def test_what_is_put_in_place_meanwhile_does_not_wait_for_the_next_look():
    story = incomplete(public=False)
    story.do(c.RollBack(NAME, "checkout needs it"))
    story.world.incomplete.clear()
    story.run(5)
    assert story.incident.functions["checkout"].complete


def test_a_planned_rotation_is_disturbed_by_it_and_says_so():
    world = World()
    world.incomplete = {"checkout": WHY}
    story = Story(rotation(planned=AUTO), MACHINE, world).run(OVERLAP + 3600)
    assert story.secret().old_state is m.Old.ALIVE
    assert disturbed(story.incident)
    [line] = run_lines(story.incident, story.now)
    assert "until all traffic of" in line
    assert Worse.HELD_BY_READERS in story.incident.milestones
    assert unblocked(urged(story.incident, story.now), c.KillNow)
    world.incomplete.clear()
    story.run(3600)
    assert story.secret().old_state is m.Old.DEAD
