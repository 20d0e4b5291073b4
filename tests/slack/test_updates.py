"""Status updates in Slack: once over crashes, to channels and by direct message, and what becomes of faults."""

import json

import pytest

from bot.drill.fakes.slack import read
from bot.errors import Missing, OutsideError, Refused, Throttled
from bot.incident import events as e
from bot.people import People
from bot.slack.blocks import to_json
from bot.slack.channel_messages import News
from tests.slack.states import Story, entry
from tests.slack.test_incident_channel import refusing_to_edit

TEXT = "Security incident declared: inc_ab12cd\n\nNo effect on customers is known. <!channel> *not bold*"


def shown(world, channel):
    return [read(message["blocks"]) for message in world.driver.messages(channel)]


@pytest.fixture
def channel(world):
    return world.gateway.create_channel("security-team")


def test_it_is_posted_once_however_often_it_is_sent(world, channel):
    for _ in range(2):
        assert world.board.tell("inc_ab12cd", "security#1", channel, TEXT) == ""
    assert len(shown(world, channel)) == 1
    world.board.tell("inc_ab12cd", "security#2", channel, TEXT)
    world.board.tell("inc_other1", "security#2", channel, TEXT)
    assert len(shown(world, channel)) == 3


def test_the_last_message_is_corrected_in_place_and_a_milestone_is_a_new_one(world, channel):
    world.board.tell("inc_ab12cd", "security#1", channel, "4 keys leaked. 4 still work.")
    world.board.tell("inc_other1", "security#1", channel, "Another one.")
    for _ in range(2):
        world.board.tell("inc_ab12cd", "security#2", channel, "4 keys leaked. 1 still works.", again=True)
    assert shown(world, channel) == ["4 keys leaked. 1 still works.", "Another one."]
    world.board.tell("inc_ab12cd", "security#3", channel, "Access is contained.")
    world.board.tell("inc_ab12cd", "security#4", channel, "Access is contained. 4 replaced.", again=True)
    assert shown(world, channel)[0::2] == ["4 keys leaked. 1 still works.", "Access is contained. 4 replaced."]


def test_a_message_that_cannot_be_changed_any_longer_is_followed_by_a_new_one(world, channel, monkeypatch):
    world.board.tell("inc_ab12cd", "security#1", channel, "4 still work.")
    refusing_to_edit(world, monkeypatch, "edit_window_closed")
    world.board.tell("inc_ab12cd", "security#2", channel, "1 still works.", again=True)
    assert shown(world, channel) == ["4 still work.", "1 still works."]


def test_what_a_person_wrote_is_text_and_rings_nobody(world, channel):
    world.board.tell("inc_ab12cd", "security#1", channel, TEXT)
    [message] = world.driver.messages(channel)
    assert "<!channel>" in read(message["blocks"])
    assert "<!channel>" not in message["text"]


def test_an_owner_gets_it_directly_and_once(world):
    for _ in range(2):
        assert world.board.tell("inc_ab12cd", "owners ada#1", "@ada", TEXT) == ""
    direct = world.gateway.direct(world.ada)
    assert len(shown(world, direct)) == 1


def test_an_owner_whom_nobody_knows_is_said_to_be_missing(world):
    assert "no payments team" in world.board.tell("inc_ab12cd", "owners payments team#1", "@payments team", TEXT)


def test_a_channel_that_is_not_there_is_an_error(world):
    with pytest.raises((Missing, OutsideError)):
        world.board.tell("inc_ab12cd", "security#1", "C0NOWHERE", TEXT)


def test_a_throttled_one_is_an_error_and_is_sent_once_when_tried_again(world, channel):
    world.fake.faults.inject("chat.postMessage-429", 1)
    with pytest.raises(Throttled):
        world.board.tell("inc_ab12cd", "security#1", channel, TEXT)
    for _ in range(2):
        world.board.tell("inc_ab12cd", "security#1", channel, TEXT)
    assert len(shown(world, channel)) == 1


def test_an_archived_channel_is_an_error_that_says_so(world, channel):
    world.fake.workspace.channels[channel].is_archived = True
    with pytest.raises(Refused, match="archived"):
        world.board.tell("inc_ab12cd", "security#1", channel, TEXT)


def test_the_incident_s_channel_reads_where_it_went():
    story = Story(entry("openai-api-key"))
    for target, shown_as in (("C000000005", '"channel_id": "C000000005"'), ("@payments", "(@payments)")):
        sent = e.Recorded(9, story.at, "bot", e.UpdateSent(4, "security", 1, target))
        told = json.dumps(to_json(News.of(story.incident, People(), story.news).message(sent).blocks()))
        assert shown_as in told
