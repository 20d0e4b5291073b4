"""A use of the old key after the new key was in place is told on every face."""

import io
from datetime import timedelta

from rich.console import Console

from bot.cli.documents import incident_document
from bot.cli.incident_view import show_incident, show_plan
from bot.cli.terminal import Terminal
from bot.data_files import template_folders
from bot.drill.fakes.slack import read
from bot.incident import events as e
from bot.people import People
from bot.report.render import render
from bot.slack.actions import ButtonValue
from bot.slack.blocks import to_json
from bot.slack.channel_messages import News
from bot.slack.incident_card import incident_card
from bot.slack.modals.details import details
from tests.incident.old_value.test_last_use import NAME, overlapping

SAID = "the old key was USED at 2026-11-25 03:0"


def told():
    """An overlap just before its end, in which something used the old key four minutes after the new one was live."""
    story = overlapping().run(600)
    used = story.secret().new.promoted_at + timedelta(minutes=4)
    story.record(e.LastUseRead(0, NAME, used))
    return story


def test_the_terminal_says_it_with_the_plan_too():
    story, screen = told(), io.StringIO()
    terminal = Terminal()
    terminal.out = Console(file=screen, width=250, no_color=True, highlight=False, markup=False)
    show_incident(terminal, story.incident, story.now)
    assert f"USED    {SAID}" in screen.getvalue()
    show_plan(terminal, story.incident, story.secret(), story.now)
    assert screen.getvalue().count(SAID) == 2
    [document] = incident_document(story.incident, story.now)["secrets"]
    assert document["used_after_promotion"] is True


def test_slack_says_it_on_the_card_with_the_plan_and_aloud():
    story = told()
    shown = read(to_json(incident_card(story.incident, story.now, "9:abc")))
    assert "⚠️ `openai-api-key`: the old key was USED at " in shown
    assert "The old key was USED at " in read(details(story.incident, ButtonValue(story.incident.id, NAME), story.now))
    message = News.of(story.incident, People(), story.log).message(story.log[-1])
    assert "Something still uses it" in read(to_json(message.blocks()))


def test_the_report_names_the_event():
    story = told()
    text = " ".join(render(story.incident, story.log, "9:abc", template_folders(), story.now).split())
    assert f"T{SAID[1:]}" in text
    assert f"something still used it. [{story.incident.seq}]" in text


def test_that_it_could_not_be_asked_is_told():
    story = overlapping().run(600)
    story.record(e.LastUseRead(0, NAME, None, "openai: read key: HTTP 500"))
    text = " ".join(render(story.incident, story.log, "9:abc", template_folders(), story.now).split())
    assert "Its last use could not be checked before the revocation: openai: read key: HTTP 500." in text
    assert News.of(story.incident, People(), story.log).message(story.log[-1]) is None
