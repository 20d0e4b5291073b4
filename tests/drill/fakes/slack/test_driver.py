"""People, towards a real Bolt application."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest
import requests
from slack_sdk.webhook import WebhookClient

from bot.drill.fakes.slack import BOT_USER, ProtocolError, SentRequest, SlackDriver, Unfilled
from tests.support.practice_bot import (
    DECLARATION,
    plain,
)


def test_a_command_opens_a_form_that_is_filled_in(driver, bot, alice):
    assert driver.slash(alice, "/compromise").ok
    assert bot.seen["command"]["team_id"] == "T0PRACTICE"
    assert bot.seen["command"]["channel_name"] == "general"
    view = driver.view_of(alice)
    offered = driver.options(alice, "secrets", "s", view["id"])
    assert [option.value for option in offered] == ["sendgrid", "stripe"]
    assert bot.seen["options"]["container"] == {"type": "view", "view_id": view["id"]}
    entered = {
        "title": "A gist", "severity": "high", "secrets": ["openai", "stripe"], "commander": alice,
        "day": "2026-11-01", "at": "12:30", "moment": 1_800_000_000, "mode": "overlap", "also": ["page"],
    }  # fmt: skip
    assert driver.submit(alice, view["id"], entered).ok
    values = bot.seen["submission"]["view"]["state"]["values"]
    assert values["title"]["title"] == {"type": "plain_text_input", "value": "A gist"}
    assert values["how"]["severity"]["selected_option"]["value"] == "high"
    assert [o["value"] for o in values["secrets"]["secrets"]["selected_options"]] == ["openai", "stripe"]
    assert values["who"]["commander"]["selected_user"] == alice
    assert values["day"]["day"]["selected_date"] == "2026-11-01"
    assert values["at"]["at"]["selected_time"] == "12:30"
    assert values["moment"]["moment"]["selected_date_time"] == 1_800_000_000
    assert values["mode"]["mode"]["selected_option"]["value"] == "overlap"
    assert [o["value"] for o in values["also"]["also"]["selected_options"]] == ["page"]
    assert values["notes"]["notes"] == {"type": "plain_text_input", "value": None}
    assert bot.seen["submission"]["view"]["private_metadata"] == "from-slash"
    assert driver.view_of(alice) is None
    assert len(driver.acknowledged) >= 3
    assert all(0 < seconds < 3 for seconds in driver.acknowledged)


COMPLETE = {"title": "x", "severity": "low", "secrets": ["openai"]}


@pytest.fixture
def opened(driver, alice):
    driver.slash(alice, "/compromise")
    yield driver.view_of(alice)["id"]
    left = driver.view_of(alice)
    if left is not None:
        driver.do("view-closed", {"view_id": left["id"]})


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"title": "x"}, Unfilled, "how: Please complete .*; secrets: Please complete"),
        (COMPLETE | {"title": "x" * 81}, Unfilled, "title: 81 characters"),
        (COMPLETE | {"severity": "medium"}, LookupError, "no option"),
        (COMPLETE | {"secrets": ["nothing"]}, LookupError, "no option"),
        (COMPLETE | {"nonsense": "x"}, LookupError, "no such field"),
    ],
)
def test_a_form_that_slack_would_not_send(driver, alice, opened, values, error, words):
    with pytest.raises(error, match=words):
        driver.submit(alice, opened, values)


def test_a_refused_form_stays_open_with_its_errors(driver, bot, alice, opened):
    bot.refuse = True
    assert driver.submit(alice, opened, COMPLETE).errors == {"title": "Say more, please."}
    view = driver.view_of(alice)
    assert view["state"]["values"]["how"]["severity"]["selected_option"]["value"] == "low"
    assert driver.state()["view_errors"] == {opened: {"title": "Say more, please."}}
    assert driver.state()["sent_back"] == ["Say more, please."]
    bot.refuse = False
    assert driver.submit(alice, opened, {}).errors == {}
    assert driver.view_of(alice) is None


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nonsense": "x"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "nonsense"},
        {"response_action": "update", "view": {"type": "modal"}},
    ],
)
def test_an_answer_that_slack_would_not_take(driver, bot, alice, opened, answer):
    bot.submit_answer = answer
    with pytest.raises(ProtocolError):
        driver.submit(alice, opened, COMPLETE)


def test_answers_update_push_and_clear(driver, bot, alice, opened):
    other = DECLARATION | {"title": plain("Another")}
    bot.submit_answer = {"response_action": "update", "view": other}
    driver.submit(alice, opened, COMPLETE)
    assert (driver.view_of(alice)["id"], driver.view_of(alice)["title"]["text"]) == (opened, "Another")
    bot.submit_answer = {"response_action": "push", "view": DECLARATION}
    driver.submit(alice, opened, {})
    upper = driver.view_of(alice)
    assert upper["previous_view_id"] == opened
    bot.submit_answer = None
    driver.submit(alice, upper["id"], COMPLETE)
    assert driver.view_of(alice)["id"] == opened
    bot.submit_answer = {"response_action": "clear"}
    driver.submit(alice, opened, {})
    assert driver.view_of(alice) is None


def test_a_form_that_opened_another_when_it_was_sent(driver, bot, slack, alice, opened, client):
    other = client.views_open(trigger_id=slack.workspace.issue_trigger(alice), view=DECLARATION)["view"]["id"]
    driver.do("view-acknowledged", {"view_id": opened, "body": {}})
    assert driver.view_of(alice)["id"] == other


def test_a_button_in_a_form_keeps_what_was_typed(driver, bot, alice, opened):
    assert driver.press_in_view(alice, opened, "more_fields", values={"title": "typed"}).ok
    assert bot.seen["in_view"]["view"]["state"]["values"]["title"]["title"]["value"] == "typed"
    view = driver.view_of(alice)
    assert view["blocks"][-1]["block_id"] == "url"
    assert view["state"]["values"]["title"]["title"]["value"] == "typed"
    with pytest.raises(LookupError, match="nothing with action_id"):
        driver.press_in_view(alice, opened, "nonsense")
    with pytest.raises(LookupError, match="no open view"):
        driver.press_in_view(alice, "V404", "more_fields")


def test_a_choice_in_a_form_is_told_at_once(driver, alice, opened):
    sent = driver.press_in_view(alice, opened, "severity", "high")
    assert sent.status == 404  # the practice bot has no listener for it
    body = json.loads(parse_qs(driver.last.body)["payload"][0])
    assert body["actions"][0]["selected_option"]["value"] == "high"
    assert body["view"]["state"]["values"]["how"]["severity"]["selected_option"]["value"] == "high"


def test_a_dismissed_form(driver, bot, alice, opened):
    assert driver.close(alice, opened).ok
    assert bot.seen["closed"]["view"]["id"] == opened
    assert driver.view_of(alice) is None


def test_buttons_of_the_pinned_card(driver, bot, alice, slack):
    driver.slash(alice, "/compromise", "card")
    pinned = driver.card("general")
    assert pinned["metadata"]["event_type"] == "incident"
    kill = next(found for found in driver.buttons("general") if found.action_id == "kill")
    assert (kill.text, kill.value, kill.ts, kill.style) == ("Revoke now", "openai", pinned["ts"], "danger")
    assert driver.press(alice, "general", kill.ts, "kill", kill.value).ok
    seen = bot.seen["kill"]
    assert seen["container"] == {
        "type": "message",
        "message_ts": kill.ts,
        "channel_id": kill.channel,
        "is_ephemeral": False,
    }
    assert seen["actions"][0]["value"] == "openai"
    assert seen["actions"][0]["block_id"] == "acts"
    assert seen["message"]["ts"] == kill.ts
    assert seen["channel"]["name"] == "general"
    assert seen["state"]["values"]["acts"]["assign"]["selected_option"] is None
    assert "dead" in str(driver.card("general")["blocks"])
    assert driver.ephemerals("general", alice)[-1]["text"] == "Killed."
    driver.press(alice, "general", kill.ts, "assign", "bob")
    assert bot.seen["assign"]["actions"][0]["selected_option"]["value"] == "bob"
    assert bot.seen["assign"]["state"]["values"]["acts"]["assign"]["selected_option"]["value"] == "bob"
    driver.press(alice, "general", kill.ts, "step", "skip")
    assert bot.seen["step"]["actions"][0]["selected_option"]["value"] == "skip"


def test_what_is_not_there_cannot_be_pressed(driver, slack, alice, bob):
    driver.slash(alice, "/compromise", "card")
    ts = driver.messages("general")[-1]["ts"]
    for where, action_id, value in (
        ("general", "nonsense", None),
        ("general", "kill", "other"),
        ("nowhere", "kill", None),
    ):
        with pytest.raises(LookupError):
            driver.press(alice, where, ts, action_id, value)
    with pytest.raises(LookupError, match="sees no message"):
        driver.press(alice, "general", "1.0", "kill")
    private = slack.workspace.add_channel("closed-room", is_private=True, creator=alice)
    said = driver.say(alice, "closed-room", "hello")
    with pytest.raises(LookupError, match="sees no message"):
        driver.message_shortcut(bob, "declare_from_message", private.id, said)
    with pytest.raises(LookupError):
        driver.slash("U404", "/compromise")


def test_ephemeral_messages_are_pressed_and_replaced(driver, bot, alice):
    driver.slash(alice, "/compromise", "ephemeral")
    ts = driver.ephemerals("general", alice)[-1]["ts"]
    driver.press(alice, "general", ts, "kill")
    assert bot.seen["kill"]["container"]["is_ephemeral"]
    assert "message" not in bot.seen["kill"]
    assert driver.ephemerals("general", alice)[-1] | {"edited": 0} == driver.ephemerals("general", alice)[-1] | {
        "edited": 0
    }
    assert driver.ephemerals("general", alice)[-1]["text"] == "done"
    assert "blocks" not in driver.ephemerals("general", alice)[-1]


def test_answers_to_a_command(driver, alice):
    driver.slash(alice, "/compromise", "text")
    assert driver.ephemerals("general", alice)[-1]["text"] == "Only *you* see this"
    driver.slash(alice, "/compromise", "blocks")
    assert driver.messages("general")[-1]["blocks"][0]["type"] == "divider"


def test_a_response_url_five_times_in_thirty_minutes(driver, slack, clock, alice):
    def fresh_url(**more):
        return driver.do("response-url", {"user": alice, "channel": "general", **more})["response_url"]

    hook = WebhookClient(fresh_url())
    assert hook.send_dict({"text": "", "response_type": "in_channel"}).body == "no_text"
    for _ in range(4):
        assert hook.send(text="x", response_type="in_channel").body == "ok"
    assert (hook.send(text="x").status_code, hook.send(text="x").body) == (404, "used_url")
    ts = driver.say(alice, "general", "x")
    assert WebhookClient(fresh_url(ts=ts)).send_dict({"delete_original": True}).body == "ok"
    assert ts not in [message["ts"] for message in driver.messages("general")]
    assert requests.post(fresh_url(), data="x", timeout=5).text == "invalid_payload"
    old = WebhookClient(fresh_url())
    clock.now += 1801
    assert old.send(text="x").body == "expired_url"


def test_home_and_shortcuts(driver, bot, alice):
    assert driver.open_home(alice).ok
    assert bot.seen["home"]["tab"] == "home"
    assert "view" not in bot.seen["home"]
    home = driver.home_of(alice)
    assert driver.open_home(alice).ok
    assert bot.seen["home"]["view"]["id"] == home["id"]
    assert driver.press_in_view(alice, home["id"], "home_button").ok
    assert bot.seen["home_button"]["view"]["type"] == "home"
    ts = driver.say(alice, "general", "a key leaked")
    assert driver.message_shortcut(alice, "declare_from_message", "general", ts).ok
    assert bot.seen["shortcut"]["message"]["text"] == "a key leaked"
    assert driver.shortcut(alice, "unknown").status == 404


def test_signatures_replays_and_redelivery(driver, bot, alice, slack):
    with pytest.raises(LookupError):
        SlackDriver("http://127.0.0.1:1", bot.url, "x").redeliver()
    driver.slash(alice, "/compromise", "text")
    sent = driver.last
    assert driver.send(sent, signing_secret="forged").status == 401
    assert driver.send(sent, age=301).status == 401
    assert driver.send(sent, headers={"X-Slack-Signature": "v0=00"}).status == 401
    assert driver.send(SentRequest(sent.body + "x", sent.content_type), headers={}).ok
    bot.seen.clear()
    assert driver.redeliver(sent).ok
    assert bot.seen["command"]["text"] == "text"


def test_the_stage_refuses_what_a_foreign_page_could_send(served):
    url = f"{served.url}/_fake/do/users"
    assert (
        requests.post(url, json={"name": "eve"}, headers={"Origin": "https://evil.test"}, timeout=5).status_code == 403
    )
    assert requests.post(url, json={"name": "eve"}, headers={"Origin": "null"}, timeout=5).status_code == 403
    assert requests.get(f"{served.url}/_fake/state", headers={"Host": "evil.test"}, timeout=5).status_code == 403
    assert requests.post(f"{served.url}/_fake/do/nonsense", json={}, timeout=5).status_code == 404
    assert requests.get(f"{served.url}/_fake/calls", timeout=5).json()[0]["method"]


def test_stage_actions(driver, alice):
    assert driver.add_user("alice") == alice
    room = driver.do("channels", {"name": "room", "is_private": True, "members": [alice]})
    dave = driver.add_user("dave")
    driver.do("members", {"channel": "room", "user": dave})
    driver.do("members", {"channel": "room", "user": dave})
    assert driver.channel(room["id"])["members"] == [alice, dave]
    driver.do("usergroups", {"id": "S9", "users": [dave]})
    for body in ({"user": "U404"}, {"user": BOT_USER}):
        with pytest.raises(LookupError):
            driver.do("trigger", body)
    with pytest.raises(LookupError):
        driver.do("say", {"user": alice, "channel": "nowhere", "text": "x"})
