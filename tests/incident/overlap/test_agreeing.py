"""What was proposed before someone saw abuse, or ended the overlap, is not agreed to afterwards."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.offers import available
from bot.incident.operations import Op
from bot.model.secrets import Kill, Outage
from tests.support.incidents import ANNA, BEN, DORA, Story, declaration, entry, wanted

NAME = "openai-api-key"
OVERLAP, KILL_FIRST = m.Strategy.OVERLAP, m.Strategy.KILL_FIRST


def by_two():
    """Killed first, once a second person agrees."""
    return Story(declaration(wanted(entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN)))).run(10)


def refused(story):
    """The sentence, where nothing but the proposal's approval is asked for and nothing changes by that."""
    before = story.secret()
    [offer] = [each for each in available(story.incident, story.now) if each.kind is c.ApproveProposal]
    said = story.refused(story.proposed(), BEN)
    assert offer.blocked == said
    assert story.secret() == before
    return said


def test_nobody_agrees_to_an_overlap_of_what_is_being_abused():
    story = by_two()
    story.do(c.ChooseStrategy(NAME, OVERLAP, "customers"), ANNA)
    story.do(c.RecordAbuse(NAME, "a stranger uses it"), DORA)
    assert story.secret().strategy is KILL_FIRST
    assert story.secret().kill is not None
    assert refused(story) == f"{NAME} cannot be replaced first: dora recorded abuse."
    assert story.secret().strategy is KILL_FIRST
    assert story.secret().kill is not None


@pytest.mark.parametrize("proposed_before", [True, False])
def test_what_is_being_revoked_is_promised_to_nobody_as_an_overlap(proposed_before):
    story = Story(declaration()).work(only={Op.CAPTURE, Op.SNAPSHOT})
    choice = c.ChooseStrategy(NAME, OVERLAP, "customers")
    if proposed_before:
        story.do(choice, ANNA)
    story.now += timedelta(seconds=1)
    claim = story.begin(Op.REVOKE)
    words = f"{NAME} cannot be replaced first: its revocation has begun, and the old key did not work since."
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
