"""That a value of an incident's secret stands somewhere: once for each place, and the new one beside the leaked one."""

import pytest

from bot.incident import commands as c
from bot.incident.events import ValueSighted
from bot.incident.model import TargetKind
from bot.report.secret_view import secret_view
from tests.support.incidents import ANNA, Story, declaration, entry, wanted

KEY = "openai-api-key"


def test_that_the_new_value_stands_there_too_is_told_beside_the_leaked_one():
    story = Story(declaration())
    name = next(iter(story.incident.secrets))
    for value in ("leaked", "new", "leaked", "new"):
        story.do(c.RecordSighting(name, value, "C1", "1700000000.000100"), ANNA)
    told = [one.event.value for one in story.log if isinstance(one.event, ValueSighted)]
    assert told == ["leaked", "new"]


@pytest.mark.parametrize(
    ("captured", "value", "kind"),
    [
        (True, "leaked", TargetKind.CONFIRMED),
        (True, "earlier", TargetKind.ASSUMED),
        (True, "new", TargetKind.ASSUMED),
        (False, "leaked", TargetKind.ASSUMED),
    ],
)
def test_a_value_that_was_assumed_to_have_leaked_did_where_it_is_found(captured, value, kind):
    """Before it has been captured nobody knows yet which one that is."""
    story = Story(declaration(wanted(entry(KEY))))
    if captured:
        story.run(30)
    story.do(c.RecordSighting(KEY, value, "", "42", source="github", place="acme/app#7"), ANNA)
    secret = story.incident.secrets[KEY]
    assert secret.target.kind is kind
    decided = secret_view(story.incident, secret, story.log, story.now).decided
    said = [fact for fact in decided if fact.text.startswith("The target ")]
    [found] = [one.seq for one in story.log if isinstance(one.event, ValueSighted)]
    assert [found in fact.seqs for fact in said] == [kind is TargetKind.CONFIRMED]
    assert ("is assumed" in said[0].text) == (kind is TargetKind.ASSUMED)
