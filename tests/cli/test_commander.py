"""`bot people brief`: who has which role, and who can close where the commander cannot."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from bot.cli.people import brief
from bot.cli.terminal import Terminal
from bot.errors import ConfigurationError
from bot.incident import events as e
from bot.incident.model import Right
from bot.people import People, Person
from tests.slack.states import Story, entry

LEADS, CLOSES = frozenset({Right.RESPOND}), frozenset({Right.RESPOND, Right.COMMAND})
PEOPLE = People((Person("ada", rights=CLOSES), Person("eli", rights=LEADS), Person("mika", rights=CLOSES)))


class Files(SimpleNamespace):
    """A people file, or none that can be read here."""

    @property
    def people(self):
        if self.file is None:
            raise ConfigurationError("no people file")
        return self.file


def shown(story, file=PEOPLE):
    terminal = Terminal()
    screen = io.StringIO()
    terminal.out = Console(file=screen, width=300, no_color=True, highlight=False, markup=False)
    terminal.application = SimpleNamespace(
        incidents=SimpleNamespace(load=lambda _: story.incident),
        event_log=SimpleNamespace(events=lambda _: story.news),
        clock=lambda: story.at,
        files=Files(file=file),
    )
    brief(terminal, story.incident.id)
    return screen.getvalue()


@pytest.fixture
def story():
    return Story(entry("openai-api-key"))


def test_who_can_close_is_said_where_the_commander_cannot(story):
    said = "eli can lead, but closing needs the right `command`: ada or mika."
    assert story.incident.commander == "ada"
    assert "closing needs" not in shown(story)
    offered = shown(story.then(e.RoleOffered("eli"), by="ada"))
    assert said in offered
    led = shown(story.then(e.RoleAccepted("ada"), by="eli"))
    assert said in led
    assert "closing needs" not in shown(story, None)
    assert "closing needs" not in shown(story.then(e.IncidentClosed(), by="ada"))


def test_nothing_is_said_where_the_role_is_offered_to_somebody_who_can_close(story):
    assert "closing needs" not in shown(story.then(e.RoleOffered("mika"), by="ada"))
