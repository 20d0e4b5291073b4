"""The list of what waits for a person, and answers to several of them at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.access.readers import readers_of
from bot.incident.clocks import working_day_end
from bot.incident.closing.open_items import _OUTLAST, kind_of, open_items
from bot.incident.decide import decide
from bot.incident.kinds import KINDS, Blocks, Face, Rank
from bot.incident.offers import Urgency, available, filled, may, unblocked
from bot.incident.steps.rules import check_digest
from bot.incident.stored import word_of
from bot.incident.taking import BY_HAND, FINDING, NEW_KEY, STUCK, UNDO
from bot.incident.todos import answered, answers, is_waited_for, tags, todos, yours
from bot.model.capabilities import Makes, RevokedBy
from bot.model.reads import Read
from bot.model.secrets import Kill, Outage
from bot.phrases.todos import todo_words
from tests.incident.test_offers import NUMBERS, PEOPLE, Busy
from tests.support.consents import SHOWN
from tests.support.incidents import ANNA, BEN, CHLOE, Story, capabilities, declaration, entry, wanted
from tests.support.searches import search

NO_TODO = {
    c.AddNote,
    c.AddTask,
    c.HandOver,
    c.HoldEvidence,
    c.HoldRevocations,
    c.Merge,
    c.NoteForCounsel,
    c.PageAgain,
    c.RecordAbuse,
    c.RecordAwareness,
    c.RecordExposure,
    c.Redact,
    c.Reopen,
    c.ReturnTodo,
    c.TakeTodo,
}
"""What a person may do at any time, and nothing waits for."""
BESIDES = {c.AskReplacement, c.ChooseStrategy, c.Close, c.KillNow, c.RollBack}
"""What makes sense and nobody waits for: not before the end of an overlap, or before all else is settled."""
CHECKS = {"webhooks": "Look at the webhooks.", "members": "Look at the members."}


def stripe(name="stripe"):
    return entry(name, can=capabilities(), checklist=CHECKS)


def dead(*names):
    """An incident whose keys are dead and replaced, with two checks each."""
    story = Story(declaration(*(wanted(stripe(name)) for name in names or ("stripe",)))).run(120)
    assert all(secret.gone for secret in story.incident.secrets.values())
    return story


def by_id(story):
    return {todo.id: todo for todo in todos(story.incident, story.now)}


def read_by(story, *principals):
    name = next(iter(story.incident.secrets))
    reads = tuple(Read(story.now, who, "192.0.2.1", "cli", "GetParameter", "/x") for who in principals)
    story.record(e.UsageRead(0, name, "CloudTrail", story.now, story.now, reads, (), False))


def refusals(events):
    return [event.reason for event in events if isinstance(event, e.CommandRefused)]


# --- the list ---------------------------------------------------------------------------------------------------------


@pytest.mark.repeats
@search(4)
@given(seed=NUMBERS, happenings=st.lists(NUMBERS, min_size=20, max_size=40))
def test_the_list_is_what_can_be_done_and_all_that_a_close_asks_for(seed, happenings):
    story = Busy(seed)
    for number in happenings:
        story.happen(number)
    incident, now = story.incident, story.now
    listed = todos(incident, now)
    assert len({todo.id for todo in listed}) == len(listed)
    for item in open_items(incident):
        if item.settled_by is not None and (incident.open or kind_of(item.key) in _OUTLAST):
            assert any(item.words in todo.words for todo in listed), item
    urged = [o for o in available(incident, now) if o.urgency is not Urgency.POSSIBLE and o.kind not in NO_TODO]
    covered = [choice for todo in listed for choice in todo.choices]
    for offer in urged:
        if is_waited_for(incident, offer, now):
            assert offer in covered or offer.blocked
        else:
            assert offer.kind in BESIDES
            assert offer.urgency is Urgency.SENSIBLE
    for todo in listed:
        assert todo.choices or todo.waits, todo
        assert not (todo.choices and todo.waits) or todo.waits.startswith("Checking with"), todo
        for offer in [choice for choice in todo.choices if choice.command is not None][:2]:
            giver = next((actor for actor in PEOPLE if may(actor, offer)), None)
            if giver is not None:
                body = c.as_command(filled(offer.command))
                assert not refusals(decide(incident, c.Envelope("asked", now, giver, body))), todo


def test_each_command_of_people_settles_one_kind_of_to_do_or_none():
    acts = [act for kind in KINDS for act in kind.acts]
    assert len(acts) == len(set(acts))
    assert not NO_TODO & {*acts}


def test_a_kind_has_what_faces_need_of_it():
    in_words = {
        "plan",
        "proposal",
        "glass",
        "reader",
        "copy",
        "task",
        "step",
        "finding",
        "report",
    }  # of bot.phrases.todos
    assert {kind.name for kind in KINDS if not kind.line} == in_words
    assert {kind.name for kind in KINDS if kind.face is Face.ANSWER and not kind.page} == {"notice"}, "has its own form"
    assert {kind.name for kind in KINDS if kind.work} == {BY_HAND, NEW_KEY, STUCK, FINDING, UNDO}
    for kind in KINDS:
        outcomes = {word_of(act) for act in kind.acts} | {*m.CheckOutcome, *m.CopyOutcome, *m.ReaderOutcome}
        assert set(kind.options) <= outcomes, kind


def test_all_broken_glass_is_one_to_do():
    fatal = {"kill": Kill.IRREVERSIBLE, "outage": Outage.DOWN}
    story = Story(declaration(*(wanted(entry(name, **fatal)) for name in "ab")), ANNA).run(1)
    story.do(c.BreakGlass(dict.fromkeys("ab", SHOWN), "it is being used"), ANNA)
    one = by_id(story)["glass"]
    assert todo_words(story.incident, one) == "review why the glass was broken for a and b"
    assert (len(one.choices), one.words.count("broken glass not reviewed"), one.accept) == (2, 2, True)
    story.do(c.ReviewGlass("it was right", SHOWN, ("a",)), CHLOE)
    assert todo_words(story.incident, by_id(story)["glass"]).endswith("broken for b")


def test_a_check_waits_for_the_death_of_its_key_and_then_for_a_person():
    story = Story(declaration(wanted(stripe())))
    waiting = by_id(story)["check:stripe/webhooks"]
    assert (waiting.choices, waiting.kind.face) == ((), Face.ANSWER)
    assert "Check once it is dead" in waiting.waits
    open_ = by_id(dead())["check:stripe/webhooks"]
    assert (open_.waits, open_.blocks) == ("", frozenset({Blocks.CLOSE}))
    assert {type(choice.command) for choice in open_.choices} == {c.EndCheck}


def test_a_check_is_due_by_day_once_its_key_is_dead():
    assert by_id(Story(declaration(wanted(stripe()))))["check:stripe/webhooks"].due is None
    story = dead()
    due = by_id(story)["check:stripe/webhooks"].due
    assert due == working_day_end(story.incident.timings, story.incident.secrets["stripe"].old.gone_at)


def test_what_was_answered_is_on_the_list_no_more():
    story = dead()
    story.do(c.EndCheck("stripe", "webhooks", m.CheckOutcome.CLEAR, "anna looked"))
    assert {each for each in by_id(story) if each.startswith("check:")} == {"check:stripe/members"}
    read_by(story, "arn:aws:iam::1:user/ben", "arn:aws:iam::1:user/eve")
    story.do(c.AccountReader("arn:aws:iam::1:user/ben", m.ReaderOutcome.OURS))
    assert [each for each in by_id(story) if each.startswith("reader:")] == ["reader:arn:aws:iam::1:user/eve"]
    story.do(c.AccountReader("arn:aws:iam::1:user/eve", m.ReaderOutcome.UNEXPLAINED, "asked all"))
    assert "reader:arn:aws:iam::1:user/eve" in by_id(story), "nobody explains it: it stays"


def test_each_reader_has_the_words_that_a_close_says_of_it():
    story = dead()
    read_by(story, "arn:aws:iam::1:user/ben", "arn:aws:iam::1:user/eve")
    said = {todo.subject.rpartition("/")[2]: todo.words for todo in todos(story.incident, story.now, face=Face.ANSWER)}
    assert said["ben"] == "user/ben read stripe: not identified"
    assert said["eve"] == "user/eve read stripe: not identified"


def test_what_was_answered_can_be_corrected():
    story = dead()
    story.do(clear("stripe", "webhooks"))
    every = {todo.id: todo for todo in todos(story.incident, story.now, settled=True)}
    ended = every["check:stripe/webhooks"]
    assert not ended.open
    assert list(answers(ended)) == ["handled"]
    found = answered(answers(ended)["handled"], "deleted one after all")
    assert [type(event) for event in story.do(found)] == [e.CheckEnded]


def test_a_key_that_works_comes_first_and_what_waits_comes_last():
    by_person = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON, identifies=False, snapshots=False)
    story = Story(declaration(wanted(entry("by-hand", can=by_person, checklist=CHECKS)), wanted(stripe()))).run(60)
    listed = todos(story.incident, story.now)
    assert (listed[0].id, listed[0].rank, listed[0].kind.face) == ("by-hand:by-hand", Rank.WORKS, Face.DO)
    assert listed[-1].waits


def test_a_task_has_its_owner_and_its_time():
    story = dead()
    due = story.now + timedelta(days=2)
    story.do(c.AddTask("Search the logs", "ben", due))
    (task,) = (todo for todo in todos(story.incident, story.now) if todo.kind.name == "task")
    assert (task.owner, task.due, task.accept) == ("ben", due, True)


def test_a_tag_is_made_of_the_id_alone_and_grows_where_two_are_alike():
    every = tags(f"check:stripe/{number}" for number in range(2000))
    assert len(set(every.values())) == len(every)
    alone = tags(["check:stripe/7"])["check:stripe/7"]
    assert len(alone) == 3
    assert every["check:stripe/7"].startswith(alone)
    assert tags([]) == {}


def test_a_key_that_works_is_everybodys_until_somebody_takes_it():
    by_person = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON, identifies=False, snapshots=False)
    story = Story(declaration(wanted(entry("by-hand", can=by_person, owner="chloe")))).run(60)
    revoke, make = (by_id(story)[each] for each in ("by-hand:by-hand", "new-key:by-hand"))
    assert [yours(revoke, actor, {"chloe"}) for actor in (ANNA, CHLOE)] == [True, True]
    assert [yours(make, actor, {"chloe"}) for actor in (ANNA, CHLOE)] == [False, True]
    assert yours(make, ANNA, ()), "an owner whom the people file does not know keeps nobody from it"
    story.do(c.TakeTodo("by-hand:by-hand"), BEN)
    taken = by_id(story)["by-hand:by-hand"]
    assert [yours(taken, actor, {"chloe"}) for actor in (ANNA, BEN, CHLOE)] == [False, True, False]


def test_what_is_decided_on_is_named_by_its_digest():
    story = dead()
    seen = check_digest(story.incident.secrets["stripe"].checks["webhooks"])
    assert by_id(story)["check:stripe/webhooks"].seen == seen
    assert by_id(story)["finding:impact"].seen == ""


# --- answers ----------------------------------------------------------------------------------------------------------


def clear(secret, item, **more):
    return c.EndCheck(secret, item, m.CheckOutcome.CLEAR, "anna looked", **more)


def test_one_command_answers_many():
    story = dead("one", "two", "three")
    rows = tuple(clear(name, item) for name in story.incident.secrets for item in CHECKS)
    events = story.do(c.Settle(rows))
    assert [type(event) for event in events] == [e.CheckEnded] * 6
    assert not [each for each in by_id(story) if each.startswith("check:")]


def test_each_row_is_decided_alone():
    story = dead()
    check = story.incident.secrets["stripe"].checks["webhooks"]
    foreign, stale = clear("nobody", "webhooks"), clear("stripe", "members", seen="0" * 16)
    events = story.do(c.Settle((foreign, stale, clear("stripe", "webhooks", seen=check_digest(check)))))
    assert [type(event) for event in events] == [e.CommandRefused, e.CommandRefused, e.CheckEnded]
    assert "has no secret 'nobody'" in refusals(events)[0]
    assert "has changed since you saw it. Look" in refusals(events)[1]


def test_a_row_meets_what_the_rows_before_it_have_done():
    story = dead()
    events = story.do(c.Settle((clear("stripe", "webhooks"), clear("stripe", "webhooks"))))
    assert [type(event) for event in events] == [e.CheckEnded, e.CommandRefused]
    assert "was found clear by anna" in refusals(events)[0]


def test_rows_are_refused_for_want_of_a_right():
    story = dead()
    nobody = replace(BEN, rights=frozenset())
    assert len(refusals(story.do(c.Settle((clear("stripe", "webhooks"), clear("stripe", "members"))), nobody))) == 2


@pytest.mark.parametrize(
    "found",
    [
        c.EndCheck("stripe", "webhooks", m.CheckOutcome.HANDLED, "deleted one"),
        c.AccountReader("arn:aws:iam::1:user/eve", m.ReaderOutcome.UNEXPLAINED, "asked all"),
        c.AccountReader("arn:aws:iam::1:user/eve", m.ReaderOutcome.REMOVED, "key deleted"),
    ],
)
def test_findings_and_unexplained_readers_are_answered_alone(found):
    story = dead()
    read_by(story, "arn:aws:iam::1:user/eve")
    events = story.do(c.Settle((clear("stripe", "members"), found)))
    assert [type(event) for event in events] == [e.CheckEnded, e.CommandRefused]
    assert "Answer it alone" in refusals(events)[0]
    assert not refusals(story.do(found))
    assert readers_of(story.incident)


def test_a_command_has_a_bound():
    story = dead()
    events = story.do(c.Settle((clear("stripe", "webhooks"),) * (c.MOST_ROWS + 1)))
    assert refusals(events) == [f"At most {c.MOST_ROWS} answers fit into one command."]


def test_an_answer_is_offered_under_its_own_name():
    story = dead()
    offers = unblocked(available(story.incident, story.now), c.EndCheck)
    assert {offer.subject for offer in offers} == set(CHECKS)
    assert all(may(ANNA, offer) for offer in offers)


def test_a_decision_is_given_alone():
    story = Story(declaration(wanted(entry())))
    rows = (c.ReleaseUpdate("security", 1, "It begins."), c.FinishTask("t1"))
    [event] = decide(story.incident, c.Envelope("s", story.now, ANNA, c.Settle(rows)))
    assert event.reason == "Decide about each alone. Nothing was recorded."
