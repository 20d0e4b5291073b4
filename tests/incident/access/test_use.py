"""How the leaked key was used: when the machine asks, and that nothing waits for the answer."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cli.follow import settled
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import use_lane
from bot.incident.operations import Op
from bot.incident.schedule import agenda
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from tests.support.incidents import Story, declaration, entry, wanted

NAME = "aws-access-key"
ABLE = Capabilities(Makes.ISSUE, RevokedBy.MACHINE, identifies=True, snapshots=True, controls=True, reports_use=True)
DELAY = timedelta(seconds=900)


def told(**changes):
    return Story(declaration(wanted(entry(NAME, provider="aws-iam", capabilities=replace(ABLE, **changes)))))


def looks(story):
    return [each for each in story.log if isinstance(each.event, e.UseLookedUp)]


def test_it_is_asked_at_once_in_a_lane_of_its_own_beside_the_revocation():
    story = told()
    story.work(only={Op.CAPTURE})
    assert (Op.LOOK_UP_USE, NAME) in story.ops()
    assert str(story.begin(Op.LOOK_UP_USE).lane) == f"use:{NAME}"
    story.run(120)
    assert story.secret(NAME).gone
    assert looks(story) == [], "its claim is still held"


def test_it_is_asked_again_once_the_source_has_the_last_use_that_there_can_be():
    story = told().run(120)
    assert story.secret(NAME).gone
    [first] = looks(story)
    assert (Op.LOOK_UP_USE, NAME) not in story.ops()
    story.run(DELAY.total_seconds() + 60)
    [_, last] = looks(story)
    assert first.event.found.until < last.event.found.until
    assert last.event.found.until >= story.secret(NAME).old.gone_at + DELAY
    assert story.secret(NAME).use.looks == 2
    assert (Op.LOOK_UP_USE, NAME) not in story.ops()


def test_a_first_look_that_ended_early_is_followed_by_another_at_once_and_a_second_is_not():
    story = told()
    story.world.used = lambda report: replace(report, truncated=True)
    story.work(only={Op.CAPTURE, Op.LOOK_UP_USE})
    assert len(looks(story)) == 2
    assert (Op.LOOK_UP_USE, NAME) not in story.ops()


def test_a_source_that_cannot_show_more_later_is_not_asked_again():
    story = told()
    story.world.used = lambda report: replace(report, delay=None)
    story.run(DELAY.total_seconds() + 200)
    assert story.secret(NAME).gone
    assert len(looks(story)) == 1


@pytest.mark.parametrize("sessions", [False, True])
def test_another_exposure_is_asked_for_again_except_of_sessions_which_by_then_may_have_the_new_key(sessions):
    story = told(use_in_sessions=sessions).run(120)
    asked = len(looks(story))
    story.now += timedelta(minutes=1)
    story.do(c.RecordExposure(story.incident.detected_at - timedelta(hours=2), "the paste says so"))
    story.work(only={Op.LOOK_UP_USE})
    assert len(looks(story)) - asked == (not sessions)
    assert (Op.LOOK_UP_USE, NAME) not in story.ops()


@pytest.mark.parametrize("able", [False, True])
def test_only_a_provider_that_tells_is_asked(able):
    assert bool(looks(told(reports_use=able).run(120))) is able


def test_its_failing_for_good_can_be_retried_and_stops_nothing():
    story = told()
    story.work(only={Op.CAPTURE})
    claim = story.begin(Op.LOOK_UP_USE)
    story.finish(claim, e.OperationFailed(claim.number, Op.LOOK_UP_USE, "Unauthorized", "cloudtrail: no", None))
    story.run(120)
    assert story.secret(NAME).gone
    assert story.incident.lane(use_lane(NAME)).failed_for_good
    assert looks(story) == []


def test_a_terminal_does_not_wait_for_the_records_that_arrive_later():
    story = told().record_all().run(120)
    assert not any(
        work.op is Op.LOOK_UP_USE and work.ready_at <= story.now for work in agenda(story.incident, story.now)
    )
    assert settled(story.incident, story.now)
