"""A living value that only a person can end: it is looked at, and they are reminded of it, as long as it lives."""

from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.model import Worse
from bot.incident.offers import Urgency, available, unblocked
from bot.incident.old_value.reminders import FIRST_REMINDER, NEXT_REMINDER
from bot.incident.operations import Op
from bot.incident.schedule import due
from bot.model.capabilities import Makes, RevokedBy
from bot.model.keys import KeyRef
from bot.model.secrets import Kill, Outage
from tests.support.incidents import ANNA, BEN, CHLOE, STRANGER, Story, capabilities, declaration, entry, wanted

PERSON = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON, identifies=False)
FATAL = {"kill": Kill.IRREVERSIBLE, "outage": Outage.DOWN}


def captured(story, *keys):
    """The old key is captured; its provider lists these keys."""
    claim = story.begin(Op.CAPTURE)
    name = claim.subject
    story.finish(claim, e.OldCaptured(claim.number, name, "f" * 12, {f"/production/{name}": 1}, True, keys))
    return story


def unlisted():
    return captured(Story(declaration(wanted())))


def ambiguous():
    return captured(Story(declaration(wanted())), KeyRef("one"), KeyRef("two"))


def undecided():
    return captured(Story(declaration(wanted()), STRANGER), KeyRef("one"))


def by_hand():
    return captured(Story(declaration(wanted(entry(can=PERSON)))))


def rejected():
    story = captured(Story(declaration(wanted(entry(**FATAL)))), KeyRef("one")).run(5)
    story.do(c.RejectPlan(story.digest(), "not now"), BEN)
    return story


def failed():
    story = Story(declaration()).work(only={Op.CAPTURE, Op.SNAPSHOT})
    claim = story.begin(Op.REVOKE)
    story.finish(claim, e.OperationFailed(claim.number, Op.REVOKE, "Refused", "no", None))
    return story


STATES = (unlisted, ambiguous, undecided, by_hand, rejected, failed)
ENDS = {
    unlisted: {c.ConfirmRevoked},
    ambiguous: {c.ChooseCandidate},
    undecided: {c.KillNow},
    by_hand: {c.ConfirmRevoked},
    rejected: {c.KillNow},
    failed: {c.ConfirmRevoked, c.Retry},
}


def reminders(story):
    return [(r.at, r.event.secrets) for r in story.log if isinstance(r.event, e.PersonAwaited)]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_what_ends_it_is_needed_and_people_are_reminded(state):
    story = state()
    kinds = {
        offer.kind
        for offer in unblocked(available(story.incident, story.now), secret="openai-api-key")
        if offer.urgency is Urgency.NEEDED
    }
    assert kinds - {c.AnnounceSubmission} == ENDS[state]
    assert due(story.incident, story.now) is not None
    story.run(3 * 3600)
    assert [names for _, names in reminders(story)] == [("openai-api-key",)] * 3
    first, second, _ = (at for at, _ in reminders(story))
    assert second - first == NEXT_REMINDER
    assert story.incident.alerts.count(Worse.AWAITED) == 3


@pytest.mark.parametrize("state", [unlisted, ambiguous, by_hand, failed], ids=lambda state: state.__name__)
def test_a_living_key_that_the_machine_does_not_end_is_looked_at(state):
    story = state().run(600)
    assert any(isinstance(r.event, e.OldProbed) for r in story.log)


def test_nobody_is_reminded_of_what_the_machine_ends_or_of_what_is_dead():
    story = Story(declaration()).run(4 * 3600)
    assert story.secret().gone
    assert reminders(story) == []
    overlap = Story(declaration(wanted(strategy=m.Strategy.OVERLAP))).run(900)
    assert reminders(overlap) == []


def test_what_somebody_says_or_does_begins_the_time_anew():
    story = by_hand().run(60)
    story.do(c.ConfirmRevoked("openai-api-key"), ANNA)
    said = story.now
    story.run(3600)
    assert reminders(story)[0][0] >= said + FIRST_REMINDER - timedelta(seconds=1)
    story.world.killed.add("openai-api-key")
    story.do(c.ConfirmRevoked("openai-api-key"), CHLOE)
    before = len(reminders(story))
    story.run(4 * 3600)
    assert story.secret().gone
    assert len(reminders(story)) == before
