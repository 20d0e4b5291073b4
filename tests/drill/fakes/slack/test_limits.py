"""Block Kit's documented limits."""

from __future__ import annotations

import json

import pytest
from slack_sdk.errors import SlackApiError

from bot.drill.fakes.slack.limits import check_message, check_view
from tests.support.practice_bot import (
    DECLARATION,
    card,
    mrkdwn,
    options,
    plain,
)


def text_blocks(*texts):
    return [{"type": "section", "text": mrkdwn(text)} for text in texts]


def button(**more):
    return {"type": "button", "text": plain("Go"), "action_id": "go"} | more


def select(**more):
    return {"type": "static_select", "action_id": "s", "options": options("a")} | more


def actions(*elements):
    return {"type": "actions", "elements": list(elements)}


def field(element):
    return {"type": "input", "label": plain("L"), "element": element}


CONFIRM = {"title": plain("t"), "text": mrkdwn("t"), "confirm": plain("c"), "deny": plain("d")}
ACCEPTED = [
    card("alive"),
    [{"type": "rich_text", "elements": []}, {"type": "markdown", "text": "# a"}, {"type": "divider"}],
    [{"type": "image", "image_url": "https://x.test/i.png", "alt_text": "i", "title": plain("t")}],
    [{"type": "context", "elements": [{"type": "image", "image_url": "https://x.test/i.png", "alt_text": "i"}]}],
    [{"type": "section", "text": plain("x"), "accessory": {"type": "image", "slack_file": {}, "alt_text": "i"}}],
    [actions(button(confirm=CONFIRM, url="https://x.test", accessibility_label="go", value=""))],
    [actions(select(options=None, option_groups=[{"label": plain("g"), "options": options("a")}]))],
    [{"type": "section", "text": mrkdwn("x" * 3000)}] * 50,
]
REFUSED = [
    (None, "missing required field"),
    ({}, "must be an array"),
    (text_blocks(*["x"] * 51), "no more than 50"),
    (text_blocks("x" * 3001), "less than 3001"),
    (text_blocks(""), "more than 0"),
    ([{"type": "section"}], "one of `text` or `fields`"),
    ([{"type": "section", "fields": [mrkdwn("x")] * 11}], "no more than 10"),
    ([{"type": "section", "fields": [mrkdwn("x" * 2001)]}], "less than 2001"),
    ([{"type": "section", "text": {"type": "html", "text": "x"}}], "unsupported text type"),
    ([{"type": "section", "text": "x"}], "must be an object"),
    ([{"type": "section", "text": {"type": "mrkdwn", "text": 1}}], "must be a string"),
    ([{"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}], "additional property: emoji"),
    ([{"type": "section", "text": mrkdwn("x"), "color": "red"}], "additional property: color"),
    ([{"type": "header", "text": plain("x" * 151)}], "less than 151"),
    ([{"type": "header", "text": mrkdwn("x")}], "unsupported text type"),
    ([{"type": "header"}], "missing required field"),
    ([{"type": "nonsense"}], "unsupported type"),
    (["x"], "unsupported type"),
    ([{"type": "divider", "block_id": "b" * 256}], "less than 256"),
    ([{"type": "divider", "block_id": "b"}] * 2, "already exists"),
    ([{"type": "context", "elements": [mrkdwn("x")] * 11}], "no more than 10"),
    ([{"type": "rich_text"}], "missing required field"),
    ([actions()], "at least one"),
    ([actions(*(button(action_id=str(n)) for n in range(26)))], "no more than 25"),
    ([actions(button(), button())], "`action_id` go already exists"),
    ([actions(button(text=plain("x" * 76)))], "less than 76"),
    ([actions(button(action_id="x" * 256))], "less than 256"),
    ([actions(button(value="x" * 2001))], "less than 2001"),
    ([actions(button(url="x" * 3001))], "less than 3001"),
    ([actions(button(style="green"))], "valid enum"),
    ([actions(button(confirm="x"))], "must be an object"),
    ([actions(button(confirm=CONFIRM | {"title": plain("x" * 101)}))], "less than 101"),
    ([actions({"type": "plain_text_input"})], "unsupported type"),
    ([actions(select(options=[]))], "at least one option"),
    ([actions(select(options=options(*map(str, range(101)))))], "no more than 100"),
    ([actions(select(options=options("x" * 151)))], "less than 151"),
    ([actions(select(options=["x"]))], "must be an object"),
    ([actions(select(options=[options("a")[0] | {"description": plain("x" * 76)}]))], "less than 76"),
    ([actions(select(initial_option=options("b")[0]))], "must match an option"),
    ([actions(select(placeholder=plain("x" * 151)))], "less than 151"),
    ([actions(select(option_groups=[{"label": plain("g"), "options": options("a")}] * 101))], "no more than 100"),
    ([actions({"type": "overflow", "action_id": "o", "options": options(*"abcdef")})], "no more than 5"),
    ([actions({"type": "datepicker", "action_id": "d", "initial_date": "1.2.2026"})], "invalid format"),
    ([field({"type": "plain_text_input", "action_id": "t", "max_length": 3001})], "between 0 and 3000"),
    ([field({"type": "plain_text_input", "action_id": "t", "max_length": 1, "initial_value": "xx"})], "exceeds"),
    ([field(button())], "unsupported type"),
]  # fmt: skip


@pytest.mark.parametrize("blocks", ACCEPTED)
def test_blocks_that_slack_takes(blocks):
    cleaned = json.loads(json.dumps(blocks).replace('"options": null, ', ""))
    assert check_message([block | {"block_id": str(n)} for n, block in enumerate(cleaned)]) == []


@pytest.mark.parametrize(("blocks", "problem"), REFUSED)
def test_blocks_that_slack_refuses(blocks, problem):
    assert any(problem in found for found in check_message(blocks)), check_message(blocks)


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        ("x", "must be an object"),
        (DECLARATION | {"type": "dialog"}, "unsupported view type"),
        (DECLARATION | {"title": plain("x" * 25)}, "less than 25"),
        (DECLARATION | {"submit": plain("x" * 25)}, "less than 25"),
        (DECLARATION | {"private_metadata": "x" * 3001}, "less than 3001"),
        (DECLARATION | {"callback_id": "x" * 256}, "less than 256"),
        (DECLARATION | {"blocks": text_blocks(*["x"] * 101)}, "no more than 100"),
        ({key: value for key, value in DECLARATION.items() if key != "submit"}, "`submit` is required"),
        (DECLARATION | {"blocks": [{"type": "markdown", "text": "x"}]}, "unsupported type"),
        (DECLARATION | {"state": {}}, "additional property: state"),
        ({"type": "home"}, "missing required field"),
    ],
)
def test_views_that_slack_refuses(view, problem):
    assert check_view(DECLARATION) == []
    assert any(problem in found for found in check_view(view)), check_view(view)


def test_refused_blocks_say_where(client):
    with pytest.raises(SlackApiError) as failure:
        client.chat_postMessage(channel="general", text="x", blocks=text_blocks("ok", "x" * 3001))
    assert failure.value.response["error"] == "invalid_blocks"
    assert "/blocks/1/text/text" in failure.value.response["response_metadata"]["messages"][0]


@pytest.mark.parametrize(("template", "known"), [("{time} ({ago})", True), ("{date_short_pretty} {time}", True),
                                                  ("{tomorrow}", False)])  # fmt: skip
def test_a_date_names_only_what_slack_fills_in(template, known):
    date = {"type": "date", "timestamp": 1_800_000_000, "format": template, "fallback": "08:00 UTC"}
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [date]}]}]
    assert (check_message(blocks) == []) is known
