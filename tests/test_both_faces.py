"""Whatever people can ask for can be asked for in Slack and at the terminal: the exceptions have names and reasons."""

from __future__ import annotations

import ast
import random
import re
import shlex
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
import typer.main
from click import Context

import bot.cli
from bot.cli.asked import ASKED
from bot.cli.entry import app
from bot.inbox import PersonCommand
from bot.inbox.declaration import AddChoice, Declaration, RedactChoice
from bot.inbox.messages import ReportMessage
from bot.inbox.wire import DraftNotice
from bot.incident import commands as c
from bot.incident.offers import available
from bot.news.cases.commands import CallHarmless, EndTriage
from bot.people import People
from bot.phrases.typed import command_line
from bot.planned.rules.stops import StopCommand
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.buttons import offer_button
from bot.slack.listeners.buttons import COMMANDS, press_button
from bot.slack.listeners.forms import FORMS
from bot.slack.modals.inputs import Entered
from bot.trust import Depart, Distrust, RestoreHere, Trust
from tests.incident.access.test_sessions import ended, role_opened
from tests.incident.reminders.test_reminders import reminded
from tests.incident.test_offers import Busy
from tests.support.departures import departure
from tests.support.incidents import CHLOE, Story

NO_BUTTON = {
    c.AnnounceSubmission: "a value never goes through Slack",
    c.CompareValue: "a value never goes through Slack",
    RedactChoice: "it has no button: `/compromise redact` proposes it, with the numbers of the timeline",
    Distrust: "Slack may be what is not to be trusted",
    Trust: "Slack may be what is not to be trusted",
}
OF_NO_INCIDENT = {
    Declaration, Distrust, Trust, RestoreHere, Depart, ReportMessage, DraftNotice, CallHarmless, EndTriage,
    *StopCommand.__args__,
}  # fmt: skip
"""Neither the card nor *Next* can have these: they are asked for where there is no incident, at a message, or beside a
notice in its form.
"""
NO_COMMAND = {
    DraftNotice: "the terminal that searches a draft for secrets prints it at once: `bot report … --draft NOTICE`",
    ReportMessage: "a terminal asks for the value itself: `bot identify`",
}
FORMS_OF_THEIR_OWN = {
    ActionId.ANSWER: c.EndCheck | c.SettleCopy | c.AccountReader | c.FinishTask | c.DeclineTask | c.CompleteStep,
    ActionId.NOTIFICATION: c.DecideNotice | c.RecordNoticeSent | c.RecordAwareness,
    ActionId.ADD_SECRET: AddChoice,
}
"""Their listeners give one command for each line of the form, or look into the catalog."""
EVERY = set(PersonCommand.__args__) - {c.Settle}
"""Answers stand for the command in whose rows they go."""


def kind_of(command):
    return {AddChoice: c.AddSecret, RedactChoice: c.Redact}.get(command, command)


@cache
def examples():
    """An offer of each kind, with the incident that it is an offer of."""
    leaving = Story(departure(), CHLOE).run(60)
    late, _ = reminded()
    denied = role_opened()
    ended(denied)
    found = {
        offer.kind: (story.incident, offer)
        for story in (late, leaving, denied)
        for offer in available(story.incident, story.now)
    }
    for seed in range(400):
        dice = random.Random(seed)
        story = Busy(dice.randrange(1 << 64))
        for number in range(50):
            story.happen(dice.randrange(1 << 64))
            for offer in available(story.incident, story.now) if number % 10 == 9 else ():
                found.setdefault(offer.kind, (story.incident, offer))
        if found.keys() >= {kind_of(kind) for kind in EVERY - OF_NO_INCIDENT}:
            break
    return found


@pytest.mark.parametrize("kind", sorted(EVERY - OF_NO_INCIDENT, key=lambda kind: kind.__name__))
def test_it_can_be_typed_at_the_terminal(kind):
    incident, offer = examples()[kind_of(kind)]
    _can_be_typed(command_line(incident, offer))


@pytest.mark.parametrize("kind", sorted(EVERY - OF_NO_INCIDENT, key=lambda kind: kind.__name__))
def test_pasted_into_a_shell_it_is_one_command(kind):
    incident, offer = examples()[kind_of(kind)]
    assert not steers_a_shell(command_line(incident, offer))


def test_so_is_what_the_terminal_prints_to_be_copied():
    """And what it names within a sentence: no choice is written so that the shell makes a pipe of it."""
    folder = Path(bot.__file__).parent
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            for line in _printed(node):
                assert not steers_a_shell(line.partition(" > ")[0]), (path, line)  # a file that help writes into


def _printed(node):
    """The words of a call of `Terminal.command`, with X for what is filled in, and of commands between backticks."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    else:
        return ()
    return [text] if text.startswith("bot ") and text.count("\n") == 0 else re.findall(r"`(bot [^`]+)`", text)


def steers_a_shell(line):
    """Whether a character outside of quotes means something to a shell."""
    return set(re.sub(r"'[^']*'|\"[^\"$]*\"", "", line)) & set("|&;<>()$")


def _can_be_typed(words):
    line = shlex.split(re.sub(r"\b[A-Z_]{3,}(\.\.\.)?", "1", words))
    assert line[0] == "bot"
    group = typer.main.get_command(app)
    words = line[1:]
    while hasattr(group, "commands"):
        group = group.get_command(None, words.pop(0))
    with Context(group, info_name="bot", obj=None) as context:
        group.parse_args(context, words)  # the words are those that the command takes


@pytest.mark.parametrize("act", COMMANDS)
def test_where_slack_fails_a_button_says_what_is_typed_in_its_place(act):
    pressed = ButtonValue("inc_ab12cd", "old:redis" if act is ActionId.RETRY else "7", "0123456789abcdef")
    said = []

    @contextmanager
    def explaining(_request, terminal):
        said.append(terminal)
        with suppress(RuntimeError):
            yield

    def do(*_):
        raise RuntimeError

    ctx = SimpleNamespace(explaining=explaining, do=do)
    press_button(ctx, act, SimpleNamespace(button_value=pressed))
    _can_be_typed(said[-1])
    assert said[-1] not in ("bot list", "bot show inc_ab12cd")


@pytest.mark.parametrize("kind", sorted(EVERY - set(NO_COMMAND), key=lambda kind: kind.__name__))
def test_the_terminal_gives_this_very_command(kind):
    folder = Path(bot.cli.__file__).parent
    if kind in get_args(c.Answer):
        kind = c.Settle  # `bot answer` gives whichever row the list has
    asked = {ask.command for ask in ASKED.values()}
    assert kind in asked or any(f"{kind.__name__}(" in path.read_text() for path in folder.glob("*.py"))


@pytest.mark.parametrize("kind", sorted(EVERY - OF_NO_INCIDENT - set(NO_BUTTON), key=lambda kind: kind.__name__))
def test_it_can_be_given_in_slack(kind):
    incident, offer = examples()[kind_of(kind)]
    button = offer_button(incident, offer)
    act, pressed = str(button.action_id), ButtonValue.decode(button.value, "U1")
    if act in COMMANDS:
        assert type(COMMANDS[act](pressed)) is kind
        return
    if act in FORMS_OF_THEIR_OWN:
        assert kind in (get_args(FORMS_OF_THEIR_OWN[act]) or [FORMS_OF_THEIR_OWN[act]])
        return
    form = next(form for form in FORMS if form.act == act)
    entered = {"finding": {"finding": {"value": "a user that we do not know"}}}  # of the form that records several
    assert type(form.commands(pressed, Entered(entered, People()))[0]) is kind


def test_the_exceptions_are_commands_of_people():
    assert set(NO_BUTTON) | set(NO_COMMAND) <= EVERY
