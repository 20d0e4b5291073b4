"""What an attacker made with the leaked key: work for people at once, until they undid it and the bot saw it gone."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.catalog.remembered import proposed_uses
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.checks import checks_of
from bot.incident.closing.open_items import acceptable
from bot.incident.kinds import Face, Rank
from bot.incident.model import BOT, CheckOutcome
from bot.incident.offers import available, unblocked
from bot.incident.operations import Op
from bot.incident.todos import State, answers, todos
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.keys import Leftover
from bot.model.uses import Undo, Use
from bot.phrases.access import settled_words
from bot.phrases.events import sentence
from bot.phrases.todos import todo_details, todo_words
from tests.support.incidents import ANNA, BEN, START, Story, declaration, entry, wanted

NAME = "aws-access-key"
ABLE = Capabilities(
    Makes.ISSUE, RevokedBy.MACHINE, identifies=True, snapshots=True, controls=True, inspects=True, reports_use=True
)
WHERE = "Delete the user: https://console.aws.amazon.com/iam/home#/users."
EVE = Use(
    START, START, "iam:CreateUser", "AKIA1", "arn:aws:iam::1:user/ci", "198.51.100.7", what=("eve",),
    undo=Undo(WHERE, "users"),
)  # fmt: skip
TRUST = replace(EVE, action="iam:UpdateAssumeRolePolicy", what=("arn:aws:iam::1:role/api",), undo=Undo("Undo it."))
TODAY = date(2026, 12, 1)
ITEM, UNDO = "CreateUser eve", f"undo:{NAME}/CreateUser eve"
CLEAR, HANDLED = CheckOutcome.CLEAR, CheckOutcome.HANDLED


def told(*uses):
    """Before the death of the key, the provider asked for its use."""
    able = entry(NAME, provider="aws-iam", capabilities=ABLE, inspects=("users",), checklist={"users": "Look."})
    story = Story(declaration(wanted(able)))
    story.world.used = lambda report: replace(report, uses=uses)
    story.work(only={Op.CAPTURE, Op.LOOK_UP_USE})
    return story


def look_again(story, *uses):
    story.world.used = lambda report: replace(report, uses=uses)
    secret = story.secret(NAME)
    summed = replace(secret.use.found, uses=tuple(uses), strange=len(uses))
    story.record(e.UseLookedUp(99, NAME, summed))


def check(story, item=ITEM):
    return story.secret(NAME).checks[item]


def listed(story):
    return [each for each in todos(story.incident, story.now, face=Face.DO) if each.kind.name == "undo"]


def test_what_it_was_used_to_make_is_a_to_do_with_who_made_it_when_and_where_it_is_undone():
    story = told(EVE)
    assert not story.secret(NAME).gone
    [todo] = listed(story)
    assert (todo.id, todo.rank, todo.state, todo.accept) == (UNDO, Rank.WORKS, State.OPEN, True)
    assert todo_words(story.incident, todo) == "undo CreateUser eve at AWS IAM"
    when = f"{START:%Y-%m-%d %H:%M} UTC"
    assert list(todo_details(story.incident, todo)) == [
        WHERE, f"OPEN: found eve, made {when} by user/ci from 198.51.100.7."
    ]  # fmt: skip
    assert set(answers(todo)) == {"clear", "handled"}
    assert any("CreateUser eve (1 found)" in item.words for item in acceptable(story.incident))


@pytest.mark.parametrize("change", [{"undo": None}, {"ours": "the functions"}, {"by_bot": True}, {"refused": True}])
def test_a_use_that_made_nothing_or_is_ours_asks_for_nothing(change):
    assert listed(told(replace(EVE, **change))) == []


def test_one_person_takes_it_and_says_how_it_was_undone_before_the_key_is_dead():
    story = told(EVE)
    story.do(c.TakeTodo(UNDO), BEN)
    assert sentence(story.log[-1], story.incident) == f"ben took the undoing of {NAME}/CreateUser eve"
    [todo] = listed(story)
    assert (todo.taken.name, todo.state, todo.rank) == ("ben", State.TAKEN, Rank.IN_HAND)
    assert "Write in the note what was removed" in story.refused(c.EndCheck(NAME, ITEM, HANDLED))
    story.do(c.Settle((c.EndCheck(NAME, ITEM, HANDLED, "deleted eve"),)), BEN)
    assert listed(story) == []
    assert story.incident.taken == {}
    assert check(story).ended.name == "ben"
    assert "as ben said at" in settled_words(check(story))
    assert "undone, as ben" in settled_words(check(story))


def test_the_checklist_still_waits_for_the_death_and_these_do_not():
    story = told(EVE)
    assert checks_of([story.secret(NAME)]).waiting == 1
    assert "not dead yet" in story.refused(c.EndCheck(NAME, "users", CLEAR, "looked"))
    offered = unblocked(available(story.incident, story.now), c.EndCheck)
    assert {offer.subject for offer in offered} == {ITEM}


def test_the_bot_looks_that_it_is_gone_and_asks_again_if_it_is_not():
    story = told(EVE)
    story.do(c.EndCheck(NAME, ITEM, HANDLED, "deleted eve"), BEN)
    story.world.left_behind = (Leftover("users", "eve", "eve"),)
    story.run(120)
    assert check(story).open
    story.world.left_behind = ()
    story.do(c.EndCheck(NAME, ITEM, HANDLED, "deleted eve, this time"), BEN)
    assert story.secret(NAME).inspected_at is None, "it reads again"
    story.run(120)
    assert check(story).seen_gone
    assert "the bot saw at" in settled_words(check(story))
    assert "that it is gone" in settled_words(check(story))
    assert not check(story, "users").open


def test_a_session_that_no_deny_covers_is_open_again_and_is_in_no_checklist():
    item = "AssumeRole role/api"
    undo = Undo("Deny it.")
    story = told(replace(EVE, action="sts:AssumeRole", what=("arn:aws:iam::1:role/api", "ASIA1"), undo=undo))
    story.run(120)
    story.do(c.EndCheck(NAME, item, HANDLED, "denied"), BEN)

    def look(*found):
        story.record(e.AccessInspected(0, NAME, START, ("users", item), found, 0))
        return check(story, item)

    assert look().seen_gone
    assert look(Leftover(item, "ASIA2")).seen_gone
    assert look(Leftover(item, "ASIA1")).open
    assert set(story.secret(NAME).checks) == {"users", item}


def test_what_no_list_shows_is_gone_as_a_person_said():
    story = told(TRUST)
    story.do(c.EndCheck(NAME, "UpdateAssumeRolePolicy role/api", HANDLED, "put the trust back"), BEN)
    story.run(120)
    words = settled_words(check(story, "UpdateAssumeRolePolicy role/api"))
    assert "undone, as ben said at" in words
    assert "the bot saw" not in words


def test_records_that_stay_after_it_was_undone_ask_for_nothing_and_the_same_made_again_does():
    story = told(EVE)
    story.do(c.EndCheck(NAME, ITEM, HANDLED, "deleted eve"), BEN)
    look_again(story, EVE)
    assert not check(story).open
    later = story.now + timedelta(seconds=1)
    look_again(story, EVE, replace(EVE, first=later, last=later))
    assert check(story).open
    assert [todo.id for todo in listed(story)] == [UNDO]


def test_several_of_a_kind_are_one_to_do_and_another_one_opens_it_again():
    key = replace(EVE, action="iam:CreateAccessKey", what=("eve", "AKIA2"))
    story = told(key)
    story.do(c.EndCheck(NAME, "CreateAccessKey eve", HANDLED, "deleted it"), BEN)
    look_again(story, key, replace(key, what=("eve", "AKIA3")))
    assert [left.id for left in check(story, "CreateAccessKey eve").found] == ["AKIA2", "AKIA3"]
    assert check(story, "CreateAccessKey eve").open


def test_a_person_says_that_it_was_ours_or_a_later_look_knows():
    story = told(EVE)
    assert "may stay" in story.refused(c.EndCheck(NAME, ITEM, CLEAR))
    story.do(c.EndCheck(NAME, ITEM, CLEAR, "our own deployment"), ANNA)
    assert settled_words(check(story)).startswith("ours, as anna said at")
    other = told(EVE)
    look_again(other, replace(EVE, ours="the deployment"))
    assert check(other).ended.name == BOT.name
    assert settled_words(check(other)).startswith("ours, as the bot said at")
    assert listed(other) == []


def test_it_is_undone_for_good_though_the_key_works_again():
    story = told(EVE)
    story.do(c.EndCheck(NAME, ITEM, HANDLED, "deleted eve"), BEN)
    story.run(120)
    story.world.killed.discard(NAME)
    story.run(4000)
    assert not check(story).open


def test_what_a_person_calls_ours_counts_for_all_uses_by_the_same_principal_address_and_program():
    other = replace(EVE, address="203.0.113.9", what=("mallory",))
    story = told(EVE, TRUST, other)
    assert story.secret(NAME).use.found.strange == 3
    story.do(c.EndCheck(NAME, ITEM, CLEAR, "our pipeline made it"), BEN)
    trust = check(story, "UpdateAssumeRolePolicy role/api")
    assert (trust.outcome, trust.ended.name, trust.note) == (CLEAR, BOT.name, "ben: our pipeline made it")
    assert [todo.id for todo in listed(story)] == [f"undo:{NAME}/CreateUser mallory"]
    assert story.secret(NAME).use.found.strange == 1
    look_again(story, EVE, TRUST, other)
    assert story.secret(NAME).use.found.strange == 1
    [entry] = proposed_uses(story.incident, TODAY)
    assert entry == {
        "name": NAME,
        "used-from": [
            {
                "because": f"ben: our pipeline made it ({story.incident.id})",
                "networks": ["198.51.100.0/24"],
                "until": "2027-03-01",
            }
        ],
    }
    later = replace(EVE, what=("eve2",), first=story.now + timedelta(hours=1), last=story.now + timedelta(hours=1))
    look_again(story, EVE, later)
    assert story.secret(NAME).use.found.strange == 0, "the answer counts for a later use alike"


def test_what_was_undone_or_has_no_address_teaches_nothing():
    for use, outcome in ((EVE, HANDLED), (replace(EVE, address=""), CLEAR)):
        story = told(use, replace(TRUST, address=use.address))
        story.do(c.EndCheck(NAME, ITEM, outcome, "looked"), BEN)
        assert f"undo:{NAME}/UpdateAssumeRolePolicy role/api" in [todo.id for todo in listed(story)]
