"""What was proposed before somebody saw abuse, or ended the overlap, is not agreed to afterwards."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.offers import available
from bot.incident.operations import Op
from bot.model.secrets import Kill, Outage
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, DORA, Story, declaration, entry, wanted

NAME = "openai-api-key"
OVERLAP, KILL_FIRST = m.Strategy.OVERLAP, m.Strategy.KILL_FIRST


def by_two():
    """Killed first, once a second person agrees."""
    return Story(declaration(wanted(entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)))).run(10)


def ending_all_the_same():
    """An overlap that ends even while consumers fail."""
    story = Story(declaration(wanted(strategy=OVERLAP))).run(10)
    story.do(c.ChooseStrategy(NAME, OVERLAP, "the mail can wait", m.IfFailing.END), DORA)
    return story


def refused(story):
    """The sentence, where nothing but the proposal's approval is asked for and nothing changes by that."""
    before = story.secret()
    [offer] = [each for each in available(story.incident, story.now) if each.kind is c.ApproveProposal]
    said = story.refused(story.proposed(), BEN)
    assert offer.blocked == said
    assert story.secret() == before
    return said


@pytest.mark.parametrize("begin", [by_two, ending_all_the_same])
def test_nobody_agrees_to_an_overlap_of_what_is_being_abused(begin):
    story = begin()
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), ANNA)
    story.do(c.RecordAbuse(NAME, "a stranger uses it"), DORA)
    assert story.secret().strategy is KILL_FIRST
    assert story.secret().kill is not None
    assert refused(story) == f"{NAME} cannot overlap: dora has recorded that it is being abused."
    assert story.secret().strategy is KILL_FIRST
    assert story.secret().kill is not None


def test_nobody_agrees_to_keep_a_value_that_somebody_wants_ended_now():
    story = ending_all_the_same()
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), ANNA)
    story.do(c.KillNow(NAME, SHOWN), DORA)
    assert "is on overlap already" in refused(story)
    assert story.secret().kill is not None


def test_a_proposal_without_abuse_is_agreed_to():
    story = ending_all_the_same()
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), ANNA)
    assert [e.kind_of(event) for event in story.agree(BEN)] == ["proposal-approved", "strategy-chosen"]
    assert story.secret().if_failing is m.IfFailing.KEEP


@pytest.mark.parametrize("proposed_before", [True, False])
def test_what_is_being_revoked_is_promised_to_nobody_as_an_overlap(proposed_before):
    story = Story(declaration()).work(only={Op.CAPTURE, Op.SNAPSHOT})
    choice = c.ChooseStrategy(NAME, OVERLAP, "customers")
    if proposed_before:
        story.do(choice, ANNA)
    story.now += timedelta(seconds=1)
    claim = story.begin(Op.REVOKE)
    words = f"{NAME} cannot overlap: its end has begun, and no look has seen its old value alive since."
    assert (refused(story) if proposed_before else story.refused(choice)) == words
    failed = e.OperationFailed(claim.number, Op.REVOKE, "Unexpected", "openai: HTTP 500", None)
    story.finish(claim, failed)
    assert (refused(story) if proposed_before else story.refused(choice)) == words, "nobody knows how far it got"
    story.run(120)
    assert story.secret().old.seen_alive_at > story.secret().old.revoke_began_at
    if not proposed_before:
        story.do(choice, ANNA)
    story.agree(BEN)
    assert story.secret().strategy is OVERLAP
