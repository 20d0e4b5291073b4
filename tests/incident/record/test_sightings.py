"""That a value of an incident's secret stands somewhere: once for each place, and the new one beside the leaked one."""

from bot.incident import commands as c
from bot.incident.events import ValueSighted
from tests.support.incidents import ANNA, Story, declaration


def test_that_the_new_value_stands_there_too_is_told_beside_the_leaked_one():
    story = Story(declaration())
    name = next(iter(story.incident.secrets))
    for value in ("leaked", "new", "leaked", "new"):
        story.do(c.RecordSighting(name, value, "C1", "1700000000.000100"), ANNA)
    told = [one.event.value for one in story.log if isinstance(one.event, ValueSighted)]
    assert told == ["leaked", "new"]
