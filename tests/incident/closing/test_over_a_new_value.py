"""A close over a value that is being ended, or a new one that is not in place: what was begun is waited for, and what
may serve does not end.
"""

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.new_value.promotion import promotion_words
from bot.incident.offers import available, unblocked
from bot.incident.operations import Op, Work
from bot.model.capabilities import Makes
from tests.support.incidents import BEN, CHLOE, Story, capabilities, declaration, entry, wanted

NAME = "openai-api-key"
UNTIL = {
    Op.REVOKE: {Op.CAPTURE, Op.SNAPSHOT},
    Op.ISSUE: {Op.CAPTURE, Op.SNAPSHOT},
    Op.VERIFY: {Op.CAPTURE, Op.SNAPSHOT, Op.ISSUE},
    Op.PROMOTE: {Op.CAPTURE, Op.SNAPSHOT, Op.ISSUE, Op.VERIFY},
}


def over(story):
    """All steps skipped: the close is next."""
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "later"), CHLOE)
    return story


def just_before(op):
    return over(Story(declaration(), CHLOE).work(only=UNTIL[op]))


@pytest.mark.parametrize(
    ("op", "doing"),
    [
        (Op.REVOKE, "revoking the old key"),
        (Op.ISSUE, "issuing a new key"),
        (Op.VERIFY, "verifying the new key"),
        (Op.PROMOTE, "putting the new key in place"),
    ],
)
def test_a_close_waits_for_what_is_being_done_about_a_value(op, doing):
    story = just_before(op)
    story.close_over()
    claim = story.begin(op)
    words = f"Not closed: the bot is {doing} ({NAME}). Wait until that ends, then close."
    assert story.refused(story.proposed(), BEN) == words
    assert story.refused(c.Close("enough"), CHLOE) == words
    assert words in [offer.blocked for offer in available(story.incident, story.now) if offer.kind is c.Close]
    story.finish(claim)
    story.close_over()
    story.agree(BEN)
    assert not story.incident.open


def test_a_worker_that_died_revoking_holds_no_close_once_the_next_one_has_looked():
    story = just_before(Op.REVOKE)
    claim = story.begin(Op.REVOKE)
    work = Work(claim.op, claim.lane, claim.subject, story.now, claim.attempt)
    lost, started = story.do(c.Begin(work, "w2", instead_of=claim.number), m.BOT)
    assert isinstance(lost, e.ClaimLost)
    failed = e.OperationFailed(started.claim.number, Op.REVOKE, "Unexpected", "openai: HTTP 500", None)
    story.finish(started.claim, failed)
    story.close_over()
    story.agree(BEN)
    assert not story.incident.open


def test_it_waits_for_no_looking_and_clearing_up():
    story = over(Story(declaration(), CHLOE).run(120))
    story.record(e.OrphansFound(0, NAME, ("key-9",)))
    story.begin(Op.END_ORPHAN)
    story.close_over()
    assert not story.incident.open


def test_a_key_that_may_serve_is_no_orphan_of_the_close_however_its_promotion_failed():
    story = just_before(Op.PROMOTE)
    claim = story.begin(Op.PROMOTE)
    story.finish(claim, e.OperationFailed(claim.number, Op.PROMOTE, "Unauthorized", "ssm: label denied", None))
    story.close_over()
    story.agree(BEN)
    [words] = [item.words for item in story.incident.accepted_items if item.key == f"new:{NAME}"]
    assert words == f"{NAME}: new key staged, not known to be in place, so its key would keep working"
    story.run(3600)
    assert story.secret().new.orphans == {}
    assert story.secret().new.staged, "what was begun can be finished with it"
    assert not story.secret().new.unstaged


def test_nor_where_the_leaked_value_was_not_put_back_in_its_place():
    story = Story(declaration(wanted(strategy=m.Strategy.OVERLAP), public=False), CHLOE).run(10)
    story.do(c.RollBack(NAME, "the shop is down"), BEN)
    claim = story.begin(Op.ROLL_BACK)
    story.finish(claim, e.RollBackRefused(claim.number, NAME, "HTTP 401"))
    assert story.secret().new.promoted_at is None
    over(story).close_over()
    story.agree(BEN)
    assert story.secret().new.orphans == {}


def rolled_back():
    story = Story(declaration(wanted(strategy=m.Strategy.OVERLAP), public=False), CHLOE).run(10)
    story.do(c.RollBack(NAME, "the shop is down"), BEN)
    return over(story), story.begin(Op.ROLL_BACK)


def closed(story):
    """As logs hold it of a close that waited for nothing."""
    story.record(e.IncidentClosed("enough"), CHLOE.name)
    return story


def test_a_value_that_was_rolled_back_ends_unless_a_function_still_reads_it():
    story, claim = rolled_back()
    story.finish(claim)
    assert not story.secret().new.may_serve
    assert closed(story).secret().new.orphans == {}, "no function is refreshed after the close"
    story, claim = rolled_back()
    story.finish(claim)
    story.work(only={Op.REFRESH})
    story.close_over()
    story.agree(BEN)
    assert story.secret().new.orphans == {"key-1": False}


def test_so_it_is_where_it_was_rolled_back_after_the_close():
    story, claim = rolled_back()
    closed(story).finish(claim)
    assert story.secret().new.orphans == {}
    story, claim = rolled_back()
    function = story.incident.functions["checkout"]
    later = dict.fromkeys(function.versions, 99)
    story.record(e.FunctionRefreshed(0, "checkout", later, True, "all traffic"))
    closed(story).finish(claim)
    assert story.secret().new.orphans == {"key-1": False}


def test_what_is_made_after_the_close_is_its_orphan():
    story = just_before(Op.ISSUE)
    claim = story.begin(Op.ISSUE)
    closed(story).finish(claim)
    assert story.secret().new.orphans == {"key-1": False}
    story.run(10)
    assert story.secret().new.orphans == {"key-1": True}
    assert not story.secret().new.staged


@pytest.mark.parametrize("done", [set(), {Op.END_ORPHAN}, {Op.END_ORPHAN, Op.UNSTAGE}])
@pytest.mark.parametrize("op", [Op.VERIFY, Op.PROMOTE])
def test_what_the_close_gave_up_is_made_anew_after_a_reopening(op, done):
    story = just_before(op)
    story.close_over()
    story.agree(BEN)
    story.work(only=done)
    story.do(c.Reopen("it is needed"), CHLOE)
    assert story.secret().new_state is m.New.NONE
    story.run(120)
    assert story.secret().new.orphans == {"key-1": True}
    assert story.secret().new.key_id == "key-2"
    assert story.secret().in_place


def test_nor_is_one_put_in_place_whose_end_is_under_way():
    story = just_before(Op.PROMOTE)
    story.close_over()
    story.agree(BEN)
    claim = story.begin(Op.END_ORPHAN)
    story.do(c.Reopen("it is needed"), CHLOE)
    assert not {(Op.ISSUE, NAME), (Op.PROMOTE, NAME)} & story.ops()
    story.finish(claim)
    assert (Op.ISSUE, NAME) in story.ops()


def test_what_a_person_brought_goes_on_after_a_reopening():
    person = entry(can=capabilities(makes=Makes.PERSON))
    story = Story(declaration(wanted(person)), CHLOE).work(only={Op.CAPTURE, Op.SNAPSHOT})
    story.do(c.AnnounceSubmission(NAME, "a" * 16), BEN)
    over(story.work(only={Op.RECEIVE})).close_over()
    story.agree(BEN)
    story.do(c.Reopen("it is needed"), CHLOE)
    assert story.secret().new_state is m.New.STAGED


def test_a_key_that_is_found_in_place_is_no_orphan_any_more():
    story = just_before(Op.PROMOTE)
    claim = story.begin(Op.PROMOTE)
    story.record(e.OrphansFound(0, NAME, ("key-1", "key-9")))
    story.finish(claim)
    assert story.secret().new.orphans == {"key-9": False}


def test_a_value_that_was_cleared_after_the_close_waits_for_nobody_once_it_is_opened_again():
    story = Story(declaration(wanted(entry(can=capabilities(makes=Makes.PERSON)))), CHLOE).run(60)
    story.do(c.AnnounceSubmission(NAME, "a" * 16), CHLOE)
    story.work(only={Op.RECEIVE})
    claim = story.begin(Op.VERIFY)
    story.finish(claim, e.ValueVerified(claim.number, NAME, "HTTP 200", (), "acct_1"))
    assert promotion_words(story.incident, story.secret())
    over(story).close_over()
    story.agree(BEN)
    story.run(60)
    assert story.secret().new.unstaged
    story.do(c.Reopen("it goes on"), CHLOE)
    assert not promotion_words(story.incident, story.secret())
    assert not unblocked(available(story.incident, story.now), c.UseValue)
