"""What terminals of 60, 80 and 120 columns show: no line is wider but for a word that cannot be broken."""

import io
import re
import shlex

import pytest
from rich.cells import cell_len
from rich.console import Console

from bot.cli.diagnostics import Finding
from bot.cli.doctor import tell
from bot.cli.incident_view import show_incident, show_plan
from bot.cli.layout import command, paragraph
from bot.cli.terminal import Terminal
from bot.cli.todo_list import Seat, show_details, show_todos
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.todos import todos
from bot.model.capabilities import Makes, RevokedBy
from bot.model.reads import Read
from bot.people import People, Person
from bot.phrases.events import sentence
from bot.phrases.marks import deadline, literal
from tests.support.incidents import START, Story, capabilities, declaration, entry, wanted

READER = "arn:aws:sts::111122223333:assumed-role/product-functions/notifications"
SEAT = Seat(People((Person("anna", rights=frozenset({m.Right.RESPOND})),)))


@pytest.fixture(scope="module")
def story():
    """One key is dead, and one needs a person; readers, checks and notices wait."""
    secret = entry(can=capabilities(inspects=True), checklist={"keys and people": "See https://acme.example/settings."})
    by_hand = entry("stripe-secret-key", can=capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON))
    story = Story(declaration(wanted(secret), wanted(by_hand), environment="production")).run(120)
    read = Read(START, READER, "192.0.2.1", "cli", "GetParameter", "/x")
    story.record(e.UsageRead(0, secret.name, "CloudTrail", START, story.now, (read,), (), True))
    return story


def everything(terminal, story):
    incident, now = story.incident, story.now
    show_incident(terminal, incident, now, ("https://meet.example/bridge",), seat=SEAT)
    show_todos(terminal, incident, now, todos(incident, now), SEAT)
    show_details(terminal, incident, todos(incident, now), SEAT)
    for secret in incident.secrets.values():
        show_incident(terminal, incident, now, of=secret.name)
        show_plan(terminal, incident, secret, now)
    for recorded in story.log:
        terminal.say(f"{recorded.seq:>4}  {recorded.at:%m-%d %H:%M:%S}  {sentence(recorded, incident)}")
    tell(terminal, Finding("pager", "failed", "it rejects the key (HTTP 401)", "Set BOT_PAGER_ROUTING_KEY again."), 2)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(story, width):
    terminal, screen = Terminal(), io.StringIO()
    terminal.out = Console(file=screen, force_terminal=True, width=width, no_color=True)
    everything(terminal, story)
    lines = re.sub(r"\x1b\[[\d;]*m", "", screen.getvalue()).splitlines()
    assert len(lines) > 100
    wide = [line for line in lines if cell_len(line) > width]
    assert [line for line in wide if len(line.removesuffix(" \\").split()) > 1] == []
    assert not any(line.endswith(" ") for line in lines)


def test_what_goes_on_stands_below_the_first_word_behind_a_label():
    said = "access  not contained yet, 2 of 2 checks open. `bot todo inc_ab3cde`\n3. Choose “Now”"
    assert list(paragraph(said, 40, 2)) == [
        "  access  not contained yet, 2 of 2",
        "          checks open. `bot todo",
        "          inc_ab3cde`",
        "  3. Choose “Now”",
    ]
    assert list(paragraph("one two", 5)) == ["one", "two"]


def test_a_command_is_broken_as_shells_read_it():
    typed = "bot answer inc_ab3cde 'check:stripe/keys and people' clear --note TEXT"
    lines = list(command(typed, 40, 4))
    assert lines == [
        "    bot answer inc_ab3cde \\",
        "      'check:stripe/keys and people' \\",
        "      clear --note TEXT",
    ]
    assert shlex.split("\n".join(lines).replace("\\\n", "")) == shlex.split(typed)
    assert list(command(typed, 300, 4)) == [f"    {typed}"]


def test_a_phrase_is_never_shown_by_its_marks(capsys):
    Terminal().say(f"By {deadline(START)}: {literal('*x*')}")
    assert capsys.readouterr().out == "By 03:00 UTC: *x*\n"
