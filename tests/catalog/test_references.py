"""What guides point at is there: each button and phrase that a playbook or a provider's card names is drawn somewhere.

In guides ``*Label…*`` is a button and ``*Words*`` are words of a screen; ``bot …`` in backticks is a command line.
"""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command
from yaml import safe_load

from bot.cli.entry import app
from bot.drill.fakes.slack import read
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.changes import put
from bot.incident.departure.rules import departure_digest
from bot.incident.lanes import new_lane
from bot.incident.model import Strategy
from bot.incident.offers import available
from bot.incident.operations import Op
from bot.model.departures import Leaver
from bot.providers.cards import numbered, read_cards
from bot.slack.actions import ButtonValue
from bot.slack.blocks import to_json
from bot.slack.buttons import offer_button
from bot.slack.incident_card import incident_card
from bot.slack.modals.answers import answers_form
from bot.slack.modals.by_hand import by_hand
from bot.slack.modals.details import details
from bot.slack.modals.more import more_form
from bot.slack.modals.todos import todos_form
from tests.slack.states import Story as CardStory
from tests.slack.states import entry
from tests.slack.test_checks import dead
from tests.slack.test_incident_card import HEAD, STATES
from tests.slack.test_readers import LAPTOP, read_by
from tests.support.departures import departure
from tests.support.incidents import BEN, CHLOE, Story

ROOT = Path(__file__).parents[2]
PLAYBOOKS = [path for path in sorted((ROOT / "playbooks").glob("*.yaml")) if path.name != "secrets.yaml"]
CARDS = sorted((ROOT / "bot/providers").glob("*/card.yaml"))
STRONG = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
CODE = re.compile(r"`(bot [^`]+)`")
VAGUE = re.compile(r"\bthe (?:pinned )?card (?:shows|names|lists|says|has)\b", re.IGNORECASE)
"""Whoever reads this looks for it, and does not find it: a guide says behind which button it stands."""


@cache
def screens():
    """Labels of buttons, and all other words, of what Slack shows in every state of the card's tests."""
    labels, words = set(), []
    leaves = Story(departure(), CHLOE).run(60)
    leaves.at = leaves.now
    reads = Story(departure(leaver=Leaver("mallory")), CHLOE).run(60)  # of whom nobody can tell what they can read
    reads.do(c.AgreeDeparture(departure_digest(reads.incident)), BEN)
    reads.at = reads.run(60).now
    written = dead("openai-api-key").then(e.ReportWritten(0, "/r.md", "0" * 64, "1:0", 1))
    leaked = [CardStory(entry("openai-api-key")).captured("openai-api-key") for _ in range(2)]
    troubled = [
        leaked[0].refused_by_consumers("openai-api-key"),
        leaked[1].fails(Op.ISSUE, new_lane("openai-api-key"), "openai-api-key", final=True),
    ]
    for story in [
        *(state() for state in STATES),
        dead("openai-api-key"),
        read_by(LAPTOP),
        leaves,
        reads,
        written,
        *troubled,
    ]:
        incident, asked = story.incident, ButtonValue("inc_ab12cd")
        views = [more_form(incident, asked, story.at), todos_form(incident, asked, story.at)]
        for name in incident.secrets:
            about = ButtonValue("inc_ab12cd", name)
            views += [details(incident, about, story.at), by_hand(incident, about, story.at)]
        groups = ("reader", "task", *(f"{kind}:{name}" for kind in ("check", "copy") for name in incident.secrets))
        views += [answers_form(incident, ButtonValue("inc_ab12cd", group), story.at) for group in groups]
        blocks = [*to_json(incident_card(incident, story.at, HEAD)), *(b for view in views for b in view["blocks"])]
        labels |= set(_labels(blocks)) | {_label(incident, each) for each in available(incident, story.at)} - {""}
        words += [read(blocks), json.dumps(blocks, ensure_ascii=False)]
    return labels, "\n".join(words).casefold()


def _label(incident, offer):
    try:
        return offer_button(incident, offer).to_dict()["text"]["text"]
    except KeyError:
        return ""  # what only a terminal can do has none


def _labels(blocks):
    for element in re.finditer(r'"text": "([^"]+)", "type": "plain_text"\}, "type": "button"', json.dumps(blocks)):
        yield json.loads(f'"{element[1]}"')
    for block in blocks:
        for each in [*block.get("elements", ()), block.get("accessory") or {}]:
            if isinstance(each, dict) and each.get("type") == "button":
                yield each["text"]["text"]


def texts(path):
    def within(value):
        match value:
            case str():
                yield value
            case dict():
                for key, inner in value.items():
                    if key != "prove_by_hand":  # a shell script
                        yield from within(inner)
            case list():
                for inner in value:
                    yield from within(inner)

    yield from within(safe_load(path.read_text()))


def there(name):
    labels, words = screens()
    plain = {label.removeprefix("🔨 ") for label in labels}
    strategies = {each.words for each in Strategy}
    if name.endswith("…"):
        return name in plain
    return name in plain or name.casefold() in words or name.casefold() in strategies


@pytest.mark.parametrize("path", [*PLAYBOOKS, *CARDS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_button_and_phrase_that_is_named_is_drawn(path):
    named = {name for text in texts(path) for name in STRONG.findall(text)}
    assert sorted(name for name in named if not there(name)) == []


@pytest.mark.parametrize("card", [card for path in CARDS for card in read_cards(path)], ids=lambda card: card.key)
def test_steps_and_checks_lead_to_the_console_that_the_keys_beginning_tells_and_to_all_where_it_tells_none(card):
    guides = {"issue_by_hand": numbered(card.issue_by_hand), "revoke_by_hand": numbered(card.revoke_by_hand)}
    told = {"console": card.console, "consoles": dict(card.consoles), "checklist": dict(card.checklist)}
    kept = entry("acme-key", by_hand=True, **told, **guides)
    story = CardStory(kept).captured("acme-key")
    unknown = consoles_shown(story, "")
    assert set(card.consoles.values()) <= unknown
    for part, console in card.consoles.items():
        shown = consoles_shown(story, f"sk{part}…26b4")
        assert unknown - shown == set(card.consoles.values()) - {console}


def consoles_shown(story, hint):
    """The addresses on the pages of a key with this hint, and in its commands."""
    incident, about = story.incident, ButtonValue("inc_ab12cd", "acme-key")
    secret = incident.secrets["acme-key"]
    incident = put(incident, replace(secret, old=replace(secret.old, hint=hint)))
    forms = [by_hand(incident, about, story.at), details(incident, about, story.at)]
    blocks = [block for view in forms for block in view["blocks"]]
    said = [json.dumps(blocks), *(offer.reason for offer in available(incident, story.at))]
    return {found.rstrip(".,;:") for found in re.findall(r'https://[^\s"|>)]+', " ".join(said))}


@pytest.mark.parametrize("path", [*PLAYBOOKS, *CARDS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_guide_points_at_the_card_at_large(path):
    assert [text for text in texts(path) if VAGUE.search(text)] == []


def parsed(line):
    """Why the program's own parser refuses the line; empty if it takes it."""
    words, command = re.findall(r'"[^"]*"|\S+', line)[1:], get_command(app)
    while words and hasattr(command, "get_command"):
        command, name, words = command.get_command(None, words[0]), words[0], words[1:]
        if command is None:
            return f"no command {name}"
    if not words:
        return ""  # the command by its name alone
    try:
        command.make_context("bot", [word.strip('"') for word in words])
    except Exception as error:  # noqa: BLE001 - the parser's own, whichever click it is built on
        return str(error)
    return ""


@pytest.mark.parametrize("path", [*PLAYBOOKS, *CARDS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_command_line_that_is_named_is_one(path):
    lines = {line for text in texts(path) for line in CODE.findall(text)}
    assert {line: why for line in lines if (why := parsed(line))} == {}


def test_what_is_not_there_would_be_found():
    assert not there("Frobnicate…")
    assert not there("its lucky number")
    assert there("Answer…")
    assert parsed("bot frobnicate") == "no command frobnicate"
    assert "--lucky" in parsed("bot note INCIDENT TEXT --lucky")
    assert parsed("bot note INCIDENT TEXT --impact") == ""
