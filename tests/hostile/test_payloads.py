"""A thousand payloads that no client of Slack's makes: each is answered, and none changes or shows anything."""

import json
import random
from urllib.parse import urlencode

import pytest

from bot.drill.fakes.slack import APP_ID, TEAM_ID
from bot.drill.fakes.slack.delivery import FORM, SentRequest
from bot.slack.actions import SHORTCUTS, ActionId

MANY = 1000
KINDS = ("block_actions", "view_submission", "view_closed", "block_suggestion", "shortcut", "message_action", "", None)
FIELDS = ("environment", "secrets", "everything", "how_noticed", "public", "reason", "strategy|a|b|c", "reader|x",
          "note|x", "detected_at", "secret", "task", "\u0000", "x" * 300)  # fmt: skip


def odd(dice, depth=0):
    """A value of any shape: what a form's state, a note or a button can be made to hold."""
    plain = [
        None,
        True,
        -1,
        10**30,
        1e308,
        "",
        "\u202e\u0000",
        "x" * 4000,
        "inc_zzzzzz",
        "../../x",
        "%s%n",
        "'; --",
        "é" * 9,
    ]
    if depth > 3 or dice.random() < 0.6:
        return dice.choice(plain)
    if dice.random() < 0.5:
        return [odd(dice, depth + 1) for _ in range(dice.randrange(4))]
    keys = ("incident", "subject", "digest", "value", "selected_option", "selected_options", "selected_date_time", "id")
    return {dice.choice(keys): odd(dice, depth + 1) for _ in range(dice.randrange(5))}


def state(dice):
    """Of a form, mostly of the shape that Slack sends."""
    if dice.random() < 0.2:
        return odd(dice)
    chosen = [{"value": odd(dice)}, odd(dice)]
    of = ("value", "selected_option", "selected_options", "selected_date_time", "selected_user")
    held = {dice.choice(of): dice.choice([odd(dice), chosen, chosen[0]]) for _ in range(3)}
    return {"values": {dice.choice(FIELDS): {dice.choice(FIELDS): held} for _ in range(dice.randrange(1, 5))}}


def payload(dice, world):
    ids = [*ActionId, *(each.id for each in SHORTCUTS), *FIELDS, "no-such"]
    note = dice.choice([json.dumps(odd(dice)), '{"incident":"inc_zzzzzz"}', "eJw=", "[" * 900, "", odd(dice)])
    action = {"type": "button", "action_id": dice.choice(ids), "block_id": "b", "value": note, "action_ts": odd(dice)}
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": dice.choice(ids),
        "private_metadata": note,
        "state": state(dice),
    }
    made = {
        "type": dice.choice(KINDS), "team": {"id": TEAM_ID}, "api_app_id": APP_ID, "user": {"id": world.ada},
        "trigger_id": "t", "channel": {"id": "C0"}, "actions": [action], "view": view, "callback_id": dice.choice(ids),
        "action_id": dice.choice(ids), "value": odd(dice), "message": odd(dice), "message_ts": odd(dice),
    }  # fmt: skip
    for name in dice.sample(sorted(made), dice.randrange(3)):
        if name not in {"team", "api_app_id"}:
            made[name] = odd(dice)
    return made


@pytest.mark.repeats
def test_a_thousand_payloads_are_answered_without_a_word_of_the_inside(world, watch):
    dice, before = random.Random(20261127), watch()
    odd_ones = []
    for number in range(MANY):
        made = payload(dice, world)
        answer = world.driver.send(SentRequest(urlencode({"payload": json.dumps(made)}), FORM))
        if answer.status >= 500 or "Traceback" in answer.body:
            odd_ones.append((number, answer.status, made))
    assert odd_ones[:3] == []
    before.unchanged()
