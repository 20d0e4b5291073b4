"""The workspace as a page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import FakeSlack
from bot.drill.fakes.slack import page as page_of_slack
from bot.phrases.practice import program
from tests.support.practice_bot import (
    SIGNING_SECRET,
)


def field(block, action=None):
    """The name of a form's field."""
    return json.dumps([block, action or block])


@pytest.fixture(scope="module")
def page(served, bot, driver, alice):
    def look(**query):
        return requests.get(
            f"{served.url}/_fake/", params={"as": "alice", "channel": "general"} | query, timeout=5
        ).text

    def act(path, expect_notice="", **form):
        answer = requests.post(f"{served.url}/_fake/{path}", data={"as": alice, "channel": "general"} | form,
                               allow_redirects=False, timeout=5)  # fmt: skip
        assert answer.status_code == 303
        notice = parse_qs(urlsplit(answer.headers["Location"]).query).get("notice", [""])[0]
        assert expect_notice in notice if expect_notice else not notice

    shortcuts = [{"callback_id": "declare_from_message", "name": "Declare from this"}]
    requests.post(f"{served.url}/_fake/bot", json={"url": bot.url, "signing_secret": SIGNING_SECRET,
                  "shortcuts": shortcuts}, timeout=5).raise_for_status()  # fmt: skip
    return look, act


def test_the_page_shows_messages_escaped(page, driver, alice):
    look, act = page
    act("say", text="<script>alert(1)</script> & *bold*")
    act("say", text="")
    act("say", text="/compromise card")
    shown = look()
    assert shown.count("the 30 s between two refusals that prove a key dead are 1 s here") == 1
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown
    assert "<strong>bold</strong>" in shown
    assert "Revoke now" in shown
    assert "Declare from this" in shown
    assert "Pinned" in shown
    driver.do("users", {"name": "eve", "real_name": "<b>Eve</b>"})
    assert "<b>Eve" not in look()


def test_the_page_presses_buttons(page, driver, bot):
    _, act = page
    ts = driver.messages("general")[-1]["ts"]
    act("press", ts=ts, action_id="kill", value="openai")
    assert bot.seen["kill"]["message"]["ts"] == ts
    act("press", ts=ts, action_id="assign", value="bob")
    assert bot.seen["assign"]["actions"][0]["selected_option"]["value"] == "bob"
    act("press", "changed meanwhile", ts=ts, action_id="nonsense")
    act("shortcut", ts=ts, callback_id="declare_from_message")
    assert bot.seen["shortcut"]["message_ts"] == ts
    act("shortcut", "trouble connecting", ts=ts, callback_id="unknown")


def test_the_page_shows_and_submits_forms(page, driver, bot, alice):
    look, act = page
    act("say", text="/compromise")
    view = driver.view_of(alice)["id"]
    shown = look()
    assert "Declare a leak" in shown
    assert "<span>Sendgrid</span>" in shown
    assert "(optional)" in shown
    act("form", view_id=view, do="submit")
    assert look().count("Please complete this required field.") == 4
    filled = {
        field("title"): "A gist",
        field("how", "severity"): "high",
        field("secrets"): ["openai", "stripe"],
        field("moment"): "2027-01-15T08:00",
        field("mode"): "overlap",
    }
    bot.refuse = True
    act("form", view_id=view, do="submit", **filled)
    shown = look()
    assert "Say more, please." in shown
    assert 'value="A gist"' in shown
    assert "2027-01-15T08:00" in shown
    act("form", view_id=view, do=f"press {field('more', 'more_fields')} more", **filled)
    assert bot.seen["in_view"]["actions"][0]["value"] == "more"
    assert 'type="url"' in look()
    act("form", view_id=view, do=f"press {field('how', 'severity')} ", **filled, expect_notice="trouble connecting")
    bot.refuse = False
    act("form", view_id=view, do="submit", **filled)
    values = bot.seen["submission"]["view"]["state"]["values"]
    assert values["moment"]["moment"]["selected_date_time"] == 1_800_000_000
    assert "aria-modal" not in look()
    act("say", text="/compromise")
    act("form", view_id=driver.view_of(alice)["id"], do="close")
    assert bot.seen["closed"]
    act("form", view_id="V404", do="submit")


def test_a_link_out_of_a_form_closes_it_and_tells_of_what_is_unread(page, driver, client, alice):
    look, act = page
    act("say", text="/compromise")
    view = driver.view_of(alice)["id"]
    direct = client.conversations_open(users=[alice])["channel"]["id"]
    client.chat_postMessage(channel=alice, text="inc_x is open")
    assert f"channel={direct}&amp;close={view}" in look()
    assert "inc_x is open" in look(channel=direct, close=view)
    assert driver.view_of(alice) is None
    assert 'aria-label="unread"' not in look()


def test_what_is_unread_is_told_in_names_and_without_markup(page, client, alice):
    look, _ = page
    client.chat_postMessage(channel=alice, text=f"<@{alice}> Please approve *now*, in <#C404|inc-payments>")
    told = re.search(r'<p class="news".*?</p>', look(channel="general"), re.DOTALL)[0]
    assert "@alice Please approve now, in #inc-payments" in told


def test_a_file_of_a_message_leads_to_where_it_can_be_read(page, client, served):
    look, _ = page
    general = next(each["id"] for each in client.conversations_list()["channels"] if each["name"] == "general")
    client.conversations_join(channel=general)
    file = client.files_upload_v2(channel=general, filename="report.html", content="<h1>All of it</h1>")["file"]
    assert f'<a class="file" href="{file["permalink"]}" target="_blank"' in look()
    assert "All of it" in requests.get(file["permalink"], timeout=5).text
    client.files_delete(file=file["id"])
    assert "This file was deleted." in look()


def test_a_drill_that_is_over_says_what_leaked_and_was_not_declared(page, served):
    look, _ = page
    row = {"label": "leaked but never declared", "you": "1 of 3 ✗", "best": "0", "last": "-", "missed": True}
    over = {"rows": [row], "undeclared": ["redis-url"], "advice": ["declare *everything*."],
            "stays": "until you press Enter"}  # fmt: skip
    requests.post(f"{served.url}/_fake/debrief", json=over, timeout=5).raise_for_status()
    shown = look()
    assert '<details id="debrief" open><summary><h2>The drill is over</h2></summary>' in shown, "it can be put away"
    for words in ("1 of 3 ✗", "On the page, not declared:</strong> redis-url", "<li>declare *everything*.</li>",
                  "This page stays until you press Enter"):  # fmt: skip
        assert words in shown


def test_where_one_is_stays_readable_under_the_pointer():
    """It is dark on white: the dark ground of what can be pressed there is for the others."""
    style = (Path(page_of_slack.__file__).parent / "templates/workspace.css").read_text()
    grounds = [each for each in re.findall(r"([^{},]+):hover", style) if each.strip().startswith("nav ")]
    assert grounds
    assert all(each.endswith(":not(.here)") for each in grounds)


def test_commands_stand_there_as_they_are_typed(page, served, client, bot):
    look, _ = page
    told = {"url": bot.url, "signing_secret": SIGNING_SECRET, "folder": "/tmp/a drill"}
    requests.post(f"{served.url}/_fake/bot", json=told, timeout=5).raise_for_status()
    client.chat_postMessage(channel="general", text="run `bot show inc_x`, not a robot")
    assert f"<code>{program()} --drill &#x27;/tmp/a drill&#x27; --as alice show inc_x</code>" in look().replace(
        "&#39;", "&#x27;"
    )


def test_the_other_pages_of_a_drill_are_a_press_away(page, served, bot):
    look, _ = page
    places = [{"name": "Consoles", "url": "http://127.0.0.1:1/console"}]
    told = {"url": bot.url, "signing_secret": SIGNING_SECRET, "places": places}
    requests.post(f"{served.url}/_fake/bot", json=told, timeout=5).raise_for_status()
    assert '<a href="http://127.0.0.1:1/console" target="_blank" rel="noopener">Consoles</a>' in look()


def test_a_providers_console_is_the_practice_worlds_page(page, served, client, bot):
    look, _ = page
    consoles = {
        "addresses": ["https://acme.example/keys", "https://acme.example"],
        "page": "http://127.0.0.1:1/console",
    }
    told = {"url": bot.url, "signing_secret": SIGNING_SECRET, "consoles": consoles}
    requests.post(f"{served.url}/_fake/bot", json=told, timeout=5).raise_for_status()
    client.chat_postMessage(channel="general", text="Open <https://acme.example/keys>, not https://acme.example/keys2.")
    shown = look()
    assert '<a href="http://127.0.0.1:1/console" rel="noreferrer">http://127.0.0.1:1/console</a>' in shown
    assert "not https://acme.example/keys2." in shown


def test_the_page_shows_home_and_direct_messages(page, client, alice, served):
    look, act = page
    act("home")
    home = look(home="1")
    assert "Open incidents" in home
    client.chat_postMessage(channel=alice, text="> quoted", blocks=[
        {"type": "rich_text", "elements": [
            {"type": "rich_text_section", "elements": [
                {"type": "text", "text": "bold", "style": {"bold": True}}, {"type": "emoji", "name": "key"},
                {"type": "link", "url": "javascript:alert(1)", "text": "bad"}, {"type": "user", "user_id": alice}]},
            {"type": "rich_text_list", "style": "ordered", "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}]},
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "pre"}]},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "said"}]}]},
        {"type": "markdown", "text": "# m"},
        {"type": "image", "image_url": "https://x.test/i.png", "alt_text": "a picture"}])  # fmt: skip
    direct = client.conversations_open(users=[alice])["channel"]["id"]
    shown = look(channel=direct)
    assert "<strong>bold</strong>" in shown
    assert "javascript:" not in shown
    assert "<li>" in shown
    assert "a picture" in shown
    assert "<blockquote>" in shown
    assert requests.post(f"{served.url}/_fake/home", data={"as": "U404"}, timeout=5).status_code == 404


def test_the_page_without_people_or_a_bot():
    fake = FakeSlack()
    with Served(fake.application) as server:
        assert "Create a person first" in requests.get(f"{server.url}/_fake/", timeout=5).text
        user = fake.workspace.add_user("zoe").id
        answer = requests.post(f"{server.url}/_fake/home", data={"as": user}, allow_redirects=False, timeout=5)
        assert "The+bot+does+not+answer" in answer.headers["Location"]
        assert "not published" in requests.get(f"{server.url}/_fake/?home=1", timeout=5).text
