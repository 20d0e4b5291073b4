"""What the home tab says of an incident to each person: what waits for them, and for nobody else."""

import json

from bot.drill.fakes.slack import read
from bot.incident import events as e
from bot.incident.lanes import old_lane
from bot.incident.model import Actor, Right
from bot.incident.operations import Op
from bot.slack.blocks import section, to_json
from bot.slack.buttons import in_words, needed_of
from bot.slack.listeners.home import home_tab
from tests.slack.states import Story, entry

ADA = Actor("ada", frozenset({Right.RESPOND}))
BOB = Actor("bob", frozenset({Right.RESPOND, Right.APPROVE}))
CY = Actor("cy", frozenset({Right.COMMAND}))
NAME = "openai-api-key"


def spelled(phrase):
    return read(to_json([section(phrase)]))


def tasks(story, actor):
    return [spelled(in_words(story.incident, offer)) for offer in needed_of(story.incident, actor, story.at)]


def test_each_sees_what_waits_for_them():
    undecided = Story(entry(NAME)).captured(NAME)
    assert tasks(undecided, ADA) == [f"*Kill now* `{NAME}`"]
    assert tasks(undecided, CY) == []
    story = Story(entry(NAME)).captured(NAME).then(e.KillRequested(NAME, rights=(Right.RESPOND,)), by="ada")
    story.asked(NAME)
    assert tasks(story, ADA) == []
    assert tasks(story, BOB) == [f"*Approve* `{NAME}`"]


def test_what_cannot_be_done_in_slack_is_a_line_to_type():
    story = Story(entry("stripe-secret-key", by_hand=True)).captured("stripe-secret-key")
    assert tasks(story, ADA) == ["*I revoked it* `stripe-secret-key`", "`bot submit inc_ab12cd stripe-secret-key`"]


def test_what_failed_for_good_can_be_retried():
    story = Story(entry(NAME)).captured(NAME).fails(Op.REVOKE, old_lane(NAME), NAME, final=True)
    assert f"*Retry* `{NAME}`" in tasks(story, ADA)


def test_without_tasks_there_is_no_such_line():
    assert "Waits for you" not in json.dumps(home_tab([], {}, trusted=True))
