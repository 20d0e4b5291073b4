"""`bot incident updates`: what people were told, and what was not sent."""

import json

import pytest

from bot.cli.asked import sure_of
from bot.cli.people import updates
from bot.errors import Misuse
from bot.incident import commands as c
from tests.cli.test_checklist import at_terminal
from tests.incident.updates.test_updates import STAKEHOLDERS, told_story
from tests.support.incidents import ANNA


def shown(story, *words, as_json=False):
    terminal, screen = at_terminal(story, as_json=as_json)
    updates(terminal, story.incident.id, *words)
    return screen.getvalue()


def test_an_update_that_was_skipped_says_by_whom_and_why(capsys):
    story = told_story(STAKEHOLDERS).run(30)
    story.do(c.SkipUpdate("stakeholders", 1, "a drill"), ANNA)
    assert "update 1 skipped by anna: a drill" in shown(story)
    shown(story, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["updates"][0]["skipped"]["reason"] == "a drill"


def test_whoever_asks_for_an_audience_that_there_is_not_reads_whom_updates_tell():
    with pytest.raises(Misuse, match="no updates for 'stakeholder': it tells stakeholders"):
        shown(told_story(STAKEHOLDERS).run(30), "stakeholder")


def test_the_text_that_goes_out_is_shown_before_it_is_sent(capsys):
    story = told_story(STAKEHOLDERS).run(30)
    terminal, screen = at_terminal(story)
    sure_of(terminal, story.incident, c.ReleaseUpdate("stakeholders", 1, "My own words."), named=True, yes=True)
    assert "To stakeholders: " in (said := screen.getvalue() + capsys.readouterr().err)
    assert "My own words." in said
