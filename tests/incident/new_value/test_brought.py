"""A value that a person brings while the machine is busy with another one is kept, and taken next."""

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.operations import Op
from bot.model.capabilities import Makes
from tests.support.incidents import ANNA, BEN, CHLOE, DORA, Story, capabilities, declaration, entry, wanted

NAME = "openai-api-key"
FIRST, SECOND = "a" * 16, "b" * 16


def story_of(makes=Makes.PERSON):
    declared = declaration(wanted(entry(can=capabilities(makes=makes))))
    return Story(declared, CHLOE).work(only={Op.CAPTURE, Op.SNAPSHOT})


def during(story, op, by=DORA, inbox=SECOND):
    """Claims this operation, and then someone brings a value."""
    claim = story.begin(op)
    story.do(c.AnnounceSubmission(NAME, inbox), by)
    return claim


@pytest.mark.parametrize("inbox", [FIRST, SECOND])
def test_what_is_corrected_while_the_first_is_received_is_received_too(inbox):
    story = story_of()
    story.do(c.AnnounceSubmission(NAME, FIRST), ANNA)
    story.finish(during(story, Op.RECEIVE, inbox=inbox))
    new = story.secret().new
    assert (new.inbox.rpartition("/")[2], new.submitted_by) == (inbox, "dora")
    first = new.fingerprint
    story.work(only={Op.RECEIVE})
    new = story.secret().new
    assert (new.inbox, new.submitted_by) == ("", "dora")
    assert new.fingerprint != first
    story.run(120)
    assert story.secret().in_place


def test_so_it_is_where_the_first_is_no_good():
    story = story_of()
    story.do(c.AnnounceSubmission(NAME, FIRST), ANNA)
    claim = during(story, Op.RECEIVE)
    story.finish(claim, e.ValueRejected(claim.number, NAME, "it is empty"))
    assert story.secret().new.inbox == f"/_compromise/inbox/{story.incident.id}/{NAME}/{SECOND}"
    assert story.run(120).secret().in_place


def test_what_is_taken_lies_there_no_more_whether_it_was_good_or_not():
    story = story_of()
    story.do(c.AnnounceSubmission(NAME, FIRST), ANNA)
    claim = story.begin(Op.RECEIVE)
    story.finish(claim, e.ValueRejected(claim.number, NAME, "it is empty"))
    assert story.secret().new.inbox == ""
    story.do(c.AnnounceSubmission(NAME, SECOND), ANNA)
    story.finish(story.begin(Op.RECEIVE))
    assert story.secret().new.inbox == ""


def test_a_worker_that_dies_in_it_loses_neither():
    story = story_of()
    story.do(c.AnnounceSubmission(NAME, FIRST), ANNA)
    claim = during(story, Op.RECEIVE)
    story.record(e.ClaimLost(claim.number, claim.op, claim.lane))
    story.finish(story.begin(Op.RECEIVE))
    assert story.secret().new.inbox == ""


@pytest.mark.parametrize(("op", "before"), [(Op.ISSUE, ()), (Op.VERIFY, (Op.ISSUE,))])
def test_what_is_brought_while_the_machine_makes_its_own_takes_its_place(op, before):
    story = story_of(Makes.ISSUE).work(only=set(before))
    story.finish(during(story, op))
    assert story.secret().new.inbox == f"/_compromise/inbox/{story.incident.id}/{NAME}/{SECOND}"
    story.run(120)
    new = story.secret().new
    assert (new.source, new.submitted_by, new.orphans) == ("person", "dora", {"key-1": True})
    assert story.secret().in_place


def test_a_value_that_is_refused_takes_no_other_with_it():
    story = story_of()
    story.do(c.AnnounceSubmission(NAME, FIRST), ANNA)
    story.work(only={Op.RECEIVE})
    story.do(c.AnnounceSubmission(NAME, SECOND), DORA)
    story.do(c.RefuseValue(NAME, "not ours"), BEN)
    assert story.secret().new.inbox == f"/_compromise/inbox/{story.incident.id}/{NAME}/{SECOND}"
    assert story.run(120).secret().in_place
