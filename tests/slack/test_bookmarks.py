"""Links at the channel's head: to the card and to the consoles concerned; looked for first, and no hindrance."""

import pytest

from bot.drill.fakes.slack import read
from bot.slack.channels import LACKS
from tests.slack.states import HEAD, Story, entry
from tests.slack.test_incident_channel import opened

CONSOLE = "https://platform.example.com/keys"


@pytest.fixture
def story():
    return Story(
        entry("openai-api-key", console=CONSOLE), entry("openai-eval-key", console=CONSOLE), entry("redis-url")
    )


def links(world, channel):
    return [(each["title"], each["link"]) for each in world.fake.workspace.channels[channel].bookmarks]


def show(world, story, shown=None):
    return world.board.show(story.incident, story.news, shown or {}, story.at, HEAD)


def test_card_and_consoles_once_each(world, story):
    channel = opened(world, story).id
    shown = show(world, story)
    found = links(world, channel)
    assert [title for title, _ in found] == ["Incident card", "Console: OpenAI"]
    assert found[0][1].endswith(f"/p{shown['card'].replace('.', '')}")
    assert found[1][1] == CONSOLE
    show(world, story, shown)
    show(world, story)  # as after a crash, when nothing is known
    assert links(world, channel) == found


def test_a_missing_scope_is_said_once_and_hinders_nothing(world, story):
    channel = opened(world, story).id
    world.fake.scopes -= {"bookmarks:read"}
    shown = show(world, story)
    show(world, story)
    assert shown["card"]
    said = [read(message["blocks"]) for message in world.driver.messages(channel)]
    assert len([text for text in said if "bookmarks:write" in text]) == 1
    assert "bookmarks:write" in LACKS


def test_a_throttled_one_comes_later(world, story):
    channel = opened(world, story).id
    world.fake.faults.inject("bookmarks.add-429", 1)
    shown = show(world, story)
    assert "bookmarks" not in shown
    assert show(world, story, shown)["bookmarks"]
    assert len(links(world, channel)) == 2
