"""Before the kill at the end of an overlap its provider is asked when the old key was last used."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import BOT, Old, Strategy
from bot.incident.operations import Op, Work
from bot.incident.overlap.strategy import OWN_LOOK, used_since
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.phrases.secrets import use_words
from tests.support.incidents import BEN, START, Story, World, declaration, entry, wanted

NAME = "openai-api-key"


class Telling(World):
    """Its provider says when a key was last used, at the snapshot too."""

    def answer(self, incident, claim):
        outcome = super().answer(incident, claim)
        if isinstance(outcome, e.SnapshotTaken):
            return replace(outcome, snapshot=replace(outcome.snapshot, last_used_at=START))
        return outcome


def overlapping(world=None):
    story = Story(declaration(wanted(entry(), Strategy.OVERLAP)), world=world or Telling()).run(10)
    story.approve(BEN)
    return story


def asked(story):
    return [recorded for recorded in story.log if isinstance(recorded.event, e.LastUseRead)]


def test_it_is_asked_once_just_before_the_kill_and_the_kill_goes_on():
    story = overlapping()
    story.run(600)
    assert not asked(story)
    story.world.used_at = story.secret().new.promoted_at + timedelta(minutes=4)
    story.run(600)
    [read] = asked(story)
    revoked = next(recorded for recorded in story.log if isinstance(recorded.event, e.AccessRevoked))
    assert read.seq < revoked.seq
    assert read.at >= story.secret().new.live_at + timedelta(seconds=story.incident.timings.overlap)
    assert story.secret().old_state is Old.DEAD
    assert used_since(story.secret()) == story.world.used_at
    assert "the old key was USED at" in use_words(story.secret())


def test_a_use_from_before_the_new_value_was_in_place_is_nothing_to_tell():
    story = overlapping()
    story.world.used_at = START
    story.run(1200)
    assert len(asked(story)) == 1
    assert used_since(story.secret()) is None
    assert use_words(story.secret()) == ""


def test_a_provider_that_does_not_tell_is_not_asked():
    story = overlapping(World()).run(1200)
    assert story.secret().old_state is Old.DEAD
    assert not asked(story)


def test_a_kill_that_does_not_end_an_overlap_asks_nobody():
    story = Story(declaration(wanted()), world=Telling()).run(120)
    assert story.secret().old_state is Old.DEAD
    assert not asked(story)


SESSIONS = Capabilities(Makes.INSTALL, RevokedBy.MACHINE, identifies=True, reports_use=True, use_in_sessions=True)


def holding_sessions(**more):
    return Story(declaration(wanted(entry(NAME, provider="redis", capabilities=SESSIONS)), **more))


def test_sessions_that_show_the_use_are_looked_at_once_right_before_the_revocation_closes_them():
    story = holding_sessions().run(120)
    [read] = asked(story)
    [revoked] = [recorded for recorded in story.log if isinstance(recorded.event, e.AccessRevoked)]
    begun = [each.event.claim.op for each in story.log if isinstance(each.event, e.OperationStarted)]
    assert read.seq < revoked.seq
    assert begun.index(Op.REVOKE) == begun.index(Op.LAST_USE) + 1
    assert story.secret().old_state is Old.DEAD


def test_a_look_that_comes_after_the_revocation_would_see_the_new_key_and_is_not_made():
    story = holding_sessions()
    story.work(only={Op.CAPTURE})
    claim = story.begin(Op.LOOK_UP_USE)
    later = story.now + timedelta(seconds=60)
    story.finish(claim, e.OperationFailed(claim.number, Op.LOOK_UP_USE, "Unreachable", "redis: no answer", later))
    story.run(600)
    assert story.secret().old_state is Old.DEAD
    assert not [each for each in story.log if isinstance(each.event, e.UseLookedUp)]


@pytest.mark.parametrize("retry", [None, timedelta(seconds=5)])
def test_whatever_comes_of_it_the_kill_does_not_wait(retry):
    story = overlapping()
    story.run(600)
    while Op.LAST_USE not in {op for op, _ in story.ops()}:
        story.now += timedelta(seconds=60)
        story.work(only={Op.TICK, Op.PAGE, Op.CONFIRM})
    claim = story.begin(Op.LAST_USE)
    at = story.now + retry if retry else None
    story.finish(claim, e.OperationFailed(claim.number, Op.LAST_USE, "Unexpected", "internal error", at))
    story.run(60)
    assert story.secret().old_state is Old.DEAD
    assert not asked(story)


def test_a_worker_that_dies_while_it_asks_holds_up_nothing():
    story = overlapping()
    story.run(600)
    while Op.LAST_USE not in {op for op, _ in story.ops()}:
        story.now += timedelta(seconds=60)
        story.work(only={Op.TICK, Op.PAGE, Op.CONFIRM})
    claim = story.begin(Op.LAST_USE)
    work = next(iter([claim]))
    story.do(c.Begin(_again(work), "w2", instead_of=claim.number), BOT)
    taken = story.incident.lane(claim.lane).claim
    assert taken.op is Op.PROVE, "whose word the revocation rests on is asked about before it"
    story.finish(taken)
    assert story.begin(Op.REVOKE)


def _again(claim):
    return Work(claim.op, claim.lane, claim.subject, START)


def test_a_look_of_our_own_is_no_use():
    story = overlapping()
    story.run(600)
    secret = story.secret()
    look = secret.new.promoted_at + timedelta(minutes=5)
    ours = replace(secret, old=replace(secret.old, last_probe_at=look, used_at=look - OWN_LOOK))
    assert used_since(ours) is None
    other = replace(secret, old=replace(secret.old, last_probe_at=look, used_at=look + timedelta(minutes=3)))
    assert used_since(other) == look + timedelta(minutes=3)
