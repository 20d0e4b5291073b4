"""What is left of an event once people's words are taken out of it."""

from dataclasses import replace

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.operations import Op
from bot.incident.record.redaction import REDACTED, without_texts
from tests.support.incidents import BEN, CHLOE, Story, declaration, entry, wanted

SLIP = "change hunter2-hunter2 everywhere"


def test_a_close_and_its_proposal_quote_no_task_after_it():
    story = Story(declaration(wanted(entry(checklist={"webhooks": "Look."})))).run(120)
    story.do(c.AddTask(SLIP, "dora"))
    for step in story.incident.steps:
        story.do(c.SkipStep(step.definition.id, "later"), CHLOE)
    (proposed,) = story.close_over("it waits", CHLOE)
    _, closed = story.agree(BEN)
    assert isinstance(closed, e.IncidentClosed)
    assert SLIP in str(proposed)
    assert SLIP in str(closed)
    left = without_texts(closed)
    assert SLIP not in str(left)
    assert SLIP not in str(without_texts(proposed))
    assert [item.key for item in left.items] == [item.key for item in closed.items]
    assert {item.words for item in left.items if item.key.startswith("task:")} == {REDACTED}
    assert any("1 of 1 backdoor check open" in item.words for item in left.items), "what the machine worded stays"
    assert without_texts(left) is None


def test_a_close_that_quotes_nobody_has_no_words_to_take_out():
    assert without_texts(e.IncidentClosed()) is None


def redacted(story):
    """Words are taken out of the declaration."""
    story.do(c.Redact((m.Cut(1, "incident-declared", "d" * 64, "{}"),), "a password"), CHLOE)
    story.agree(BEN)
    assert story.incident.redacted == (1,)


def test_the_proposal_of_one_lapses_after_the_close_too():
    story = Story(declaration()).run(120).complete()
    story.close_over("done", CHLOE)
    story.do(c.Redact((m.Cut(1, "incident-declared", "d" * 64, "{}"),), "a password"), CHLOE)
    until = story.incident.proposal.until
    story.run((until - story.now).total_seconds() - 1)
    assert story.incident.proposal is not None
    story.run(2)
    assert story.incident.proposal is None
    assert not story.incident.open
    assert [r.event.reason for r in story.log if isinstance(r.event, e.ProposalRejected)] == ["not decided in time"]


def test_a_report_that_was_begun_before_words_were_taken_out_is_written_anew_and_brought_nowhere():
    story = Story(declaration()).run(60)
    story.do(c.RequestReport())
    claim = story.begin(Op.REPORT)
    written = replace(story.world.answer(story.incident, claim), deliver=("slack",))
    redacted(story)
    story.finish(claim, replace(written, covers=story.incident.seq))
    assert not story.incident.report.deliveries
    claim = story.begin(Op.REPORT)
    story.finish(claim, replace(story.world.answer(story.incident, claim), deliver=("slack",)))
    assert story.incident.report.deliveries["slack"].owed
    assert Op.REPORT not in {op for op, _ in story.ops()}


def test_an_entry_of_the_decisions_log_that_was_begun_before_words_were_taken_out_is_written_anew():
    story = Story(declaration()).run(120).complete()
    story.close_over("all done", CHLOE)
    story.work(only={Op.REPORT})
    claim = story.begin(Op.DECISIONS)
    written = story.world.answer(story.incident, claim)
    redacted(story)
    story.finish(claim, written)
    assert not story.incident.report.decisions
    story.work(only={Op.REPORT, Op.DECISIONS})
    assert story.incident.report.decisions
    assert Op.DECISIONS not in {op for op, _ in story.ops()}
    assert sum(isinstance(each.event, e.DecisionRecorded) for each in story.log) == 2
