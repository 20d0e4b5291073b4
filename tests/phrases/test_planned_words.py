"""A planned run says on no face that something was compromised or has leaked: both kinds of runs, at every stage."""

import re
from pathlib import Path

import pytest

from bot.cli.incident_view import show_incident, show_plan
from bot.cli.terminal import Terminal
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.closing.open_items import open_items
from bot.incident.departure.rules import departure_digest
from bot.incident.offers import available
from bot.incident.routine import declined
from bot.model.capabilities import Makes, RevokedBy
from bot.people import People, Person
from bot.phrases.events import sentence
from bot.report.render import render, render_decision
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.approval_messages import ApprovalMessages
from bot.slack.blocks import to_json
from bot.slack.channel_messages import News
from bot.slack.incident_card import incident_card
from bot.slack.modals.asked import ASKED_FORMS
from bot.slack.modals.details import details
from bot.slack.modals.more import more_form
from bot.worker.operations import approval_page_of, page_of
from tests.incident.old_value.test_last_use import Telling
from tests.support.departures import departure
from tests.support.incidents import BEN, CHLOE, DORA, Silent, Story, World, capabilities, entry, wanted
from tests.support.rotations import ASK, AUTO, MACHINE, OVERLAP, rotation

NAME = "openai-api-key"
OVERLAPS = m.Strategy.OVERLAP
FORBIDDEN = re.compile(r"[^.;|\n]{0,40}\b(?:compromised|leaked)\b[^.;|\n]{0,40}", re.IGNORECASE)
HANDS = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON)
PEOPLE = People(
    tuple(
        Person(name, slack=f"U0{name.upper()}", rights=frozenset(m.Right)) for name in ("dana", "ben", "chloe", "dora")
    )
)
FORMS = {"roll_back", "attest", ActionId.CLOSE, ActionId.REOPEN}
TEMPLATES = (Path(__file__).parents[2] / "templates",)


def failing():
    world = World()
    world.failing = {"checkout"}
    return world


def as_before():
    world = failing()
    world.unwell_before = {"checkout"}
    return world


def rolled_back(story):
    story.do(c.RollBack(NAME, "checkout is down"), DORA)


def own(story):
    story.record(e.OwnCredentialConcerned(NAME, ("AWS_ACCESS_KEY_ID",)))


STORIES = {
    "as planned": (AUTO, {}, World, ()),
    "asked": (ASK, {}, World, ()),
    "by hand": (AUTO, {"can": HANDS}, World, ()),
    "unconfirmed": (AUTO, {}, Silent, ()),
    "failing": (AUTO, {}, failing, ()),
    "failing as before": (AUTO, {}, as_before, ()),
    "in use": (AUTO, {}, Telling, ()),
    "rolled back": (AUTO, {}, failing, (rolled_back,)),
    "the bot's own": (AUTO, {}, World, (own,)),
}


def rotations(name):
    planned, fields, world, changes = STORIES[name]
    secret = wanted(entry(**{"owner": "dana", **fields}), OVERLAPS, reason="rotated as planned")
    yield from stages(Story(rotation(secret, planned=planned), MACHINE, world()), changes)


def departures():
    story = Story(departure(), CHLOE, World()).run(60)
    yield story
    story.do(c.AgreeDeparture(departure_digest(story.incident)), BEN)
    yield from stages(story, ())


def stages(story, changes):
    yield story
    yield story.run(120)
    for change in changes:
        change(story)
        yield story.run(60)
        yield story.run(7200)
    yield story.run(OVERLAP + 3600)
    if story.incident.closed is not None:
        story.world.killed.clear()  # accepted again: it reopens, and pages
        yield story.run(5400)


def terminal_says(story, capsys):
    incident, terminal = story.incident, Terminal()
    show_incident(terminal, incident, story.now)
    for secret in incident.secrets.values():
        show_incident(terminal, incident, story.now, of=secret.name)
        show_plan(terminal, incident, secret, story.now)
    return capsys.readouterr().out


def said(story, capsys):
    """Everything that any face makes of it now."""
    incident, now, log = story.incident, story.now, story.log
    offers = list(available(incident, now))
    yield "card", str(to_json(incident_card(incident, now, "12:abcdef0123456789")))
    yield "title", incident.title
    yield "more", str(more_form(incident, ButtonValue(incident.id), now))
    yield "terminal", terminal_says(story, capsys)
    yield "pages", "\n".join([page_of(incident).summary, approval_page_of(incident).summary, *incident.alerts])
    yield "milestones", "\n".join(incident.milestones)
    yield "offers", "\n".join(f"{offer.kind.__name__}: {offer.reason}" for offer in offers)
    yield "items", "\n".join(item.words for item in open_items(incident))
    yield "tasks", "\n".join(f"{task.title}: {task.reason}" for task in incident.tasks.values())
    yield "sentences", "\n".join(filter(None, (sentence(recorded, incident) for recorded in log)))
    words = News.of(incident, PEOPLE, log)
    yield "channel", "\n".join(message.text for recorded in log for message in words.messages(recorded))
    questions = ApprovalMessages(gateway=None, people=PEOPLE)._wanted(incident, now)
    yield "direct messages", "\n".join(" ".join(question.lines) for question in questions.values())
    yield "report", render(incident, log, f"{incident.seq}:abc", TEMPLATES, now)
    yield "refusal", declined(incident)
    if not incident.open:
        yield "decision", render_decision(incident, "report.md", TEMPLATES)
    for name in incident.secrets:
        pressed = ButtonValue(incident.id, name)
        yield f"details of {name}", str(details(incident, pressed, now))
        for form in ASKED_FORMS:
            if form.act in FORMS:
                yield f"form {form.ask.title}", str(form.view(incident, pressed, now))


def check(stories, capsys):
    found = {
        (face, match.strip())
        for story in stories
        for face, text in said(story, capsys)
        for match in FORBIDDEN.findall(text)
    }
    assert sorted(found) == []


@pytest.mark.parametrize("name", STORIES)
def test_a_planned_rotation_says_neither_word(name, capsys):
    check(rotations(name), capsys)


def test_nor_does_a_departure(capsys):
    check(departures(), capsys)
