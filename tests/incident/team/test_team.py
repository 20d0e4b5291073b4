"""Roles: who commands, how that changes hands, and that nobody's silence holds it up."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Actor, Right, Strategy
from bot.incident.offers import available, may, unblocked
from bot.model.capabilities import RevokedBy
from bot.model.secrets import Data, Kill, Outage
from bot.phrases.marks import plain
from bot.phrases.team import handover_summary, roles_words
from tests.support.incidents import OBLIGATIONS, Story, capabilities, declaration, entry, wanted

ANNA = Actor("anna", frozenset({Right.RESPOND}))
BEN = Actor("ben", frozenset({Right.RESPOND}))
CHLOE = Actor("chloe", frozenset({Right.RESPOND, Right.COMMAND}))
STRANGER = Actor("slack:U0STRANGER")


@pytest.fixture
def story():
    return Story(declaration(wanted(entry(), Strategy.KILL_FIRST)), by=ANNA)


def refusal(events):
    return " ".join(event.reason for event in events if isinstance(event, e.CommandRefused))


def test_whoever_declares_and_may_respond_commands(story):
    assert story.incident.commander == "anna"


def test_a_stranger_declares_and_nobody_commands_until_a_responder_takes_it():
    story = Story(declaration(wanted(entry(), Strategy.KILL_FIRST)), by=STRANGER)
    assert roles_words(story.incident) == "commander none"
    assert refusal(story.do(c.TakeRole(""), STRANGER))
    story.do(c.TakeRole(""), BEN)
    assert story.incident.commander == "ben"


def test_it_changes_hands_once_the_other_accepts_and_not_before(story):
    story.do(c.HandOver("ben", "support calls back at four"), ANNA)
    assert story.incident.commander == "anna"
    assert "Only they can accept" in refusal(story.do(c.AcceptRole(), CHLOE))
    story.do(c.AcceptRole(), BEN)
    assert story.incident.commander == "ben"
    assert story.incident.team.offered is None


@pytest.mark.parametrize("who", [ANNA, BEN], ids=["whoever offered it", "whoever was asked"])
def test_an_offer_ends_by_either_side_and_the_role_stays(story, who):
    story.do(c.HandOver("ben"), ANNA)
    assert "They must answer" in refusal(story.do(c.DeclineRole("no"), CHLOE))
    story.do(c.DeclineRole("asleep"), who)
    assert story.incident.commander == "anna"
    assert refusal(story.do(c.AcceptRole(), BEN))


def test_who_does_not_answer_holds_up_nobody_who_says_why(story):
    assert "reason is empty" in refusal(story.do(c.TakeRole(""), BEN))
    story.do(c.TakeRole("anna does not answer her phone"), BEN)
    assert story.incident.commander == "ben"
    assert "ben is the commander: ask them" in refusal(story.do(c.HandOver("chloe"), ANNA))
    story.do(c.HandOver("anna"), CHLOE)
    assert story.incident.team.offered.to == "anna", "whoever may command hands it to someone anyway"


def test_only_the_one_who_is_asked_is_offered_to_accept(story):
    story.do(c.HandOver("ben"), ANNA)
    [offer] = unblocked(available(story.incident, story.now), c.AcceptRole)
    assert [actor.name for actor in (ANNA, BEN, CHLOE) if may(actor, offer)] == ["ben"]


def test_the_summary_says_what_lives_and_what_waits(story):
    story.do(c.HandOver("ben"), ANNA)
    said = [plain(line) for line in handover_summary(story.incident, story.now)]
    assert any(line.startswith("Not dead: ") for line in said)
    assert any(line.startswith("Blocks the close: ") for line in said)
    assert not any("hand the role" in line for line in said), "whoever reads it is asked just that"
    assert any("impact" in line for line in said if line.startswith("Blocks the close: ")), "by name, not as a number"


def test_the_summary_names_an_approval_once_and_what_is_revoked_by_hand_as_such():
    irreversible = wanted(entry(kill=Kill.IRREVERSIBLE, outage=Outage.DOWN), Strategy.KILL_FIRST)
    by_hand = wanted(entry(can=capabilities(revokes=RevokedBy.PERSON)))
    for secret, words in (
        (irreversible, "agree to revoke openai-api-key, until "),
        (by_hand, "revoke openai-api-key at OpenAI"),
    ):
        story = Story(declaration(secret), by=ANNA).run(60)
        said = [plain(line) for line in handover_summary(story.incident, story.now)]
        [waits] = [line for line in said if line.startswith("Needs a person: ")]
        assert words in waits
        assert "must approve the plan" not in waits


def test_the_summary_says_which_notification_is_due():
    story = Story(declaration(wanted(entry(data=Data.PERSONAL)), obligations=OBLIGATIONS), by=ANNA)
    said = [plain(line) for line in handover_summary(story.incident, story.now)]
    [due] = [line for line in said if line.startswith("Due: ")]
    assert "no decision on “Notice to the authority”, " in due
    assert "notification, " not in due


def test_the_summary_tells_of_open_checks_and_of_tasks_by_their_words():
    story = Story(declaration(wanted(entry(checklist={"users": "Look at the users."}), Strategy.KILL_FIRST)), by=ANNA)
    story.run(120)
    story.do(c.AddTask("Purge the cache", "ben", story.now + timedelta(hours=1)), ANNA)
    said = [plain(line) for line in handover_summary(story.incident, story.now)]
    [left] = [line for line in said if line.startswith("Blocks the close: ")]
    assert "1 backdoor check" in left
    [due] = [line for line in said if line.startswith("Due: ")]
    assert "Purge the cache (ben), " in due
    assert "task t" not in due
