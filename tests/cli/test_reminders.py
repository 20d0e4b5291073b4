"""`bot snooze`, and `bot update … skip`: what people put off, and what they decide not to send."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.cli import reminders, updates
from bot.errors import Misuse
from bot.incident import commands as c
from bot.incident.offers import available, unblocked
from bot.phrases.typed import command_line
from tests.cli.test_checklist import at_terminal
from tests.incident.updates.test_updates import STAKEHOLDERS, told_story
from tests.support.incidents import ANNA, Story, declaration

DUE = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def overdue():
    """Made once: each test takes what it says from the screen."""
    story = Story(declaration()).run(180)
    story.do(c.AddTask("take it out of the history", "ben", DUE), ANNA)
    return story.run((DUE + timedelta(minutes=1) - story.now).total_seconds())


def typed(module, function, story, *words, as_json=False, **options):
    terminal, screen = at_terminal(story, as_json=as_json)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ask", terminal.application.incidents.ask)
        function(terminal, story.incident.id, *words, **options)
    return screen.getvalue()


def test_reminders_are_listed_and_one_is_put_off(overdue, capsys):
    shown = typed(reminders, reminders.snooze, overdue)
    assert "task:t1" in shown
    assert "take it out of the history (ben), overdue since 2026-11-25 09:00:00 UTC" in shown
    assert "the channel is told 2026-11-25 10:00:00 UTC" in shown
    offers = unblocked(available(overdue.incident, overdue.now), c.SnoozeReminder)
    lines = [command_line(overdue.incident, offer) for offer in offers]
    assert lines == [f"bot snooze {overdue.incident.id} task:t1 --until {until}" for until in ("hour", "morning")]
    shown = typed(reminders, reminders.snooze, overdue, "task:t1", until="morning")
    assert "snoozed by anna until 2026-11-26 08:00:00 UTC" in shown
    typed(reminders, reminders.snooze, overdue, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["reminders"][0]["snoozed_by"] == "anna"


def test_where_nothing_is_overdue_it_says_so():
    assert "nothing is overdue" in typed(reminders, reminders.snooze, Story(declaration()))


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
