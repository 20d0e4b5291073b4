"""Who does what by hand: taken, taken over, given back; and what comes first then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.kinds import Rank
from bot.incident.offers import available, may
from bot.incident.todos import State, taken_by, todos
from bot.model.capabilities import Makes, RevokedBy
from bot.phrases.events import sentence
from tests.support.incidents import ANNA, BEN, Story, capabilities, declaration, entry, wanted

BY_PERSON = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON, identifies=False, snapshots=False)
REVOKE, KEY = "by-hand:stripe", "new-key:stripe"


@pytest.fixture
def story():
    return Story(declaration(wanted(entry("stripe", can=BY_PERSON)), wanted(entry("other", can=BY_PERSON)))).run(60)


def listed(story):
    return {todo.id: todo for todo in todos(story.incident, story.now)}


def test_it_is_taken_and_then_what_nobody_has_taken_comes_first(story):
    assert story.do(c.TakeTodo(REVOKE), ANNA) == (e.TodoTaken(REVOKE),)
    taken = listed(story)[REVOKE]
    assert (taken.state, taken.taken.name, taken.rank) == (State.TAKEN, "anna", Rank.IN_HAND)
    first = next(iter(listed(story).values()))
    assert (first.id, first.state, first.rank) == ("by-hand:other", State.OPEN, Rank.WORKS)


def test_taking_is_for_those_who_respond_and_names_what_is_open(story):
    assert "may not respond" in story.refused(c.TakeTodo(REVOKE), replace(ANNA, rights=frozenset()))
    assert "is not open" in story.refused(c.TakeTodo("by-hand:nothing"), ANNA)
    assert "is not open" in story.refused(c.TakeTodo("finding:gossip"), ANNA)


def test_it_is_taken_over_from_somebody_who_is_named(story):
    story.do(c.TakeTodo(REVOKE), ANNA)
    assert "already" in story.refused(c.TakeTodo(REVOKE), ANNA)
    assert story.do(c.TakeTodo(REVOKE), BEN) == (e.TodoTaken(REVOKE, "anna"),)
    assert story.incident.taken[REVOKE].name == "ben"


def test_who_has_taken_it_gives_it_back(story):
    assert "is not taken" in story.refused(c.ReturnTodo(REVOKE), ANNA)
    story.do(c.TakeTodo(REVOKE), ANNA)
    assert "was taken by anna" in story.refused(c.ReturnTodo(REVOKE), BEN)
    assert story.do(c.ReturnTodo(REVOKE), ANNA) == (e.TodoReturned(REVOKE),)
    assert listed(story)[REVOKE].state is State.OPEN


def test_it_locks_nothing_and_a_claim_is_checked(story):
    """Another one than who has taken it says that it is revoked: then it is the bot's, and nobody has it."""
    story.do(c.TakeTodo(REVOKE), ANNA)
    story.do(c.ConfirmRevoked("stripe"), BEN)
    checking = listed(story)[REVOKE]
    assert (checking.state, checking.taken, checking.rank) == (State.WAITS, None, Rank.IN_HAND)
    assert checking.waits.endswith("The key may still work")
    assert checking.choices, "to say so again is no error"
    assert "is not open" in story.refused(c.TakeTodo(REVOKE), ANNA)


def test_a_claim_that_failed_comes_first_again(story):
    story.do(c.TakeTodo(REVOKE), ANNA)
    story.do(c.ConfirmRevoked("stripe"), ANNA)
    story.run(120)
    assert story.incident.secrets["stripe"].old.contradicted
    failed = listed(story)[REVOKE]
    assert (failed.state, failed.rank) == (State.OPEN, Rank.WORKS)


def test_what_is_settled_is_taken_no_more(story):
    story.do(c.TakeTodo(KEY), ANNA)
    story.do(c.TakeTodo("finding:impact"), ANNA)
    story.do(c.AnnounceSubmission("stripe", "a" * 16), BEN)
    story.do(c.RecordFinding("impact", "nobody can pay"), BEN)
    assert not story.incident.taken


def test_a_person_whom_nobody_trusts_any_more_has_nothing_taken(story):
    story.do(c.TakeTodo(REVOKE), ANNA)
    story.record(e.TrustChanged(1, "d" * 64, ("anna",), slack=True))
    assert not story.incident.taken


def test_each_has_its_offers(story):
    story.do(c.TakeTodo(REVOKE), ANNA)
    take, back = listed(story)[REVOKE].take
    assert (may(ANNA, take), may(BEN, take), may(ANNA, back), may(BEN, back)) == (False, True, True, False)
    assert {offer.subject for offer in available(story.incident, story.now) if offer.kind is c.TakeTodo} >= {
        REVOKE, KEY, "by-hand:other",
    }  # fmt: skip


def test_the_timeline_says_who_does_what(story):
    story.do(c.TakeTodo(REVOKE), ANNA)
    story.do(c.TakeTodo(REVOKE), BEN)
    story.do(c.ReturnTodo(REVOKE), BEN)
    story.do(c.TakeTodo("finding:impact"), BEN)
    assert [sentence(each, story.incident) for each in story.log[-4:]] == [
        "anna took the revocation of stripe by hand",
        "ben took over from anna: the revocation of stripe by hand",
        "ben gave back the revocation of stripe by hand",
        "ben took the recording of the impact",
    ]


def test_who_acts_in_anothers_place_can_be_told(story):
    assert taken_by(story.incident, c.ConfirmRevoked, "stripe") is None
    story.do(c.TakeTodo(REVOKE), ANNA)
    assert taken_by(story.incident, c.ConfirmRevoked, "stripe").name == "anna"
    assert taken_by(story.incident, c.AnnounceSubmission, "stripe") is None
    assert taken_by(story.incident, c.AddNote, "") is None
