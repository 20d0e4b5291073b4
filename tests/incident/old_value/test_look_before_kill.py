"""Before a kill the old key is looked at again where the last look is long ago; no kill waits for ever for that."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.lanes import old_lane
from bot.incident.old_value.schedule import LOOK_HOLDS, UNFINISHED_LOOKS
from bot.incident.operations import Op, Work
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, Story, declaration, wanted

NAME = "openai-api-key"
SHORT, LONG = LOOK_HOLDS / 2, LOOK_HOLDS + timedelta(minutes=1)


def seen_alive(pause):
    """Seen alive, and to be killed a pause later: the bot was down, or nobody decided."""
    story = Story(declaration(wanted(strategy=m.Strategy.OVERLAP))).work(only={Op.CAPTURE, Op.SNAPSHOT})
    story.now += pause
    story.do(c.KillNow(NAME, SHOWN))
    return story


def refused(pause):
    """The kill has failed for good, and is retried a pause later."""
    story = Story(declaration()).work(only={Op.CAPTURE, Op.SNAPSHOT})
    claim = story.begin(Op.REVOKE)
    story.finish(claim, e.OperationFailed(claim.number, Op.REVOKE, "Refused", "openai: HTTP 403", None))
    story.now += pause
    story.do(c.Retry(old_lane(NAME)), ANNA)
    return story


def next_op(story):
    [op] = {op for op, subject in story.ops() if subject == NAME} & {Op.PROVE, Op.REVOKE}
    return op


@pytest.mark.parametrize("begin", [seen_alive, refused])
def test_after_a_long_pause_it_is_looked_at_first_and_after_a_short_one_it_is_not(begin):
    assert next_op(begin(SHORT)) is Op.REVOKE
    story = begin(LONG)
    assert next_op(story) is Op.PROVE
    story.finish(story.begin(Op.PROVE))
    assert next_op(story) is Op.REVOKE


def test_what_somebody_else_ended_meanwhile_was_refused_before_the_kill():
    story = seen_alive(LONG)
    story.world.killed.add(NAME)
    story.run(120)
    [revoked] = [recorded.at for recorded in story.log if isinstance(recorded.event, e.AccessRevoked)]
    assert story.secret().old.refused_at < revoked
    assert story.secret().old_state is m.Old.DEAD


@pytest.mark.parametrize("again", [None, timedelta(seconds=5)], ids=["for good", "for now"])
def test_a_look_that_cannot_be_had_holds_no_kill(again):
    story = seen_alive(LONG)
    claim = story.begin(Op.PROVE)
    at = story.now + again if again else None
    story.finish(claim, e.OperationFailed(claim.number, Op.PROVE, "Unauthorized", "ssm: denied", at))
    assert next_op(story) is Op.REVOKE


def test_nor_does_one_in_which_workers_die():
    story = seen_alive(LONG)
    claim = story.begin(Op.PROVE)
    for _ in range(UNFINISHED_LOOKS - 1):
        work = Work(claim.op, claim.lane, claim.subject, story.now)
        _, started = story.do(c.Begin(work, "w2", instead_of=claim.number), m.BOT)
        claim = started.claim
        assert claim.op is Op.PROVE
    story.do(c.Begin(Work(claim.op, claim.lane, claim.subject, story.now), "w2", instead_of=claim.number), m.BOT)
    assert next_op(story) is Op.REVOKE


def test_between_the_tries_of_one_kill_nobody_looks():
    story = Story(declaration()).work(only={Op.CAPTURE, Op.SNAPSHOT})
    for _ in range(20):
        claim = story.begin(Op.REVOKE)
        again = story.now + timedelta(seconds=60)
        story.finish(claim, e.OperationFailed(claim.number, Op.REVOKE, "Throttled", "openai: HTTP 429", again))
        story.now = again
    assert next_op(story) is Op.REVOKE
