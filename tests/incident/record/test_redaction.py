"""What is left of an event once people's words are taken out of it."""

from bot.incident import commands as c
from bot.incident import events as e
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
    assert any("1 of 1 persistence check open" in item.words for item in left.items), "what the machine worded stays"
    assert without_texts(left) is None


def test_a_close_that_quotes_nobody_has_no_words_to_take_out():
    assert without_texts(e.IncidentClosed()) is None
