"""`bot update … skip`: what people decide not to send."""

import json

import pytest

from bot.cli import updates
from bot.errors import Misuse
from tests.cli.test_checklist import at_terminal
from tests.incident.updates.test_updates import STAKEHOLDERS, told_story


def typed(module, function, story, *words, as_json=False, **options):
    terminal, screen = at_terminal(story, as_json=as_json)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ask", terminal.application.incidents.ask)
        function(terminal, story.incident.id, *words, **options)
    return screen.getvalue()


def test_an_update_is_skipped_with_a_reason_and_says_by_whom(capsys):
    story = told_story(STAKEHOLDERS).run(30)
    with pytest.raises(Misuse, match="skipped with a reason"):
        typed(updates, updates.update, story, "stakeholders", "skip")
    shown = typed(updates, updates.update, story, "stakeholders", "skip", reason="a drill")
    assert "update 1 skipped by anna: a drill" in shown
    typed(updates, updates.update, story, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["updates"][0]["skipped"]["reason"] == "a drill"


def test_whoever_asks_for_an_audience_that_there_is_not_reads_whom_updates_tell():
    with pytest.raises(Misuse, match="no updates for 'stakeholder': it tells stakeholders"):
        typed(updates, updates.update, told_story(STAKEHOLDERS).run(30), "stakeholder")
