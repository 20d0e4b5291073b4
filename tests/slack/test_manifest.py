"""The manifest asks for what the code uses, and no more."""

import re
from pathlib import Path

import pytest

import bot.slack
from bot.drill.fakes.slack.call import HISTORY, INVITE, MANAGE, READ, TOPIC
from bot.drill.fakes.slack.server import METHODS
from bot.slack.actions import ActionId
from bot.slack.gateway import SCOPES
from bot.slack.listeners import register_all
from bot.slack.listeners.buttons import COMMANDS
from bot.slack.listeners.forms import FORMS
from bot.slack.listeners.looks import LOOKS
from bot.slack.manifest import manifest

BY_KIND = {
    "create": MANAGE,
    "history": HISTORY,
    "replies": HISTORY,
    "invite": INVITE,
    "list": READ,
    "setPurpose": TOPIC,
    "setTopic": TOPIC,
}


def called():
    source = "".join(path.read_text() for path in Path(bot.slack.__file__).parent.rglob("*.py"))
    return set(re.findall(r"[_.](?:call|paced|pages)\(\s*(?:channel,\s*)?\"([a-z]+(?:\.[a-zA-Z]+)+)\"", source))


def test_every_method_that_is_called_and_no_other_has_its_scope():
    assert called() == set(SCOPES)


@pytest.mark.parametrize("method", sorted(SCOPES))
def test_the_scope_is_the_one_that_slack_asks_for(method):
    family, _, verb = method.partition(".")
    documented = METHODS[method].scopes
    if verb in BY_KIND and family == "conversations":
        documented = BY_KIND[verb]["private"]
    assert SCOPES[method] in documented if documented else SCOPES[method] is None


def test_scopes():
    made = manifest("https://bot.example.com/", socket=False)
    wanted = {scope for scope in SCOPES.values() if scope} | {"commands", "im:history", "channels:history"}
    assert made["oauth_config"]["scopes"] == {"bot": sorted(wanted)}
    assert "usergroups:read" not in wanted  # rights come from the people file alone


def test_over_http():
    made = manifest("https://bot.example.com/", socket=False)
    url = "https://bot.example.com/slack/events"
    assert made["features"]["slash_commands"][0]["url"] == url
    assert made["settings"]["interactivity"]["message_menu_options_url"] == url
    assert made["settings"]["event_subscriptions"] == {"bot_events": ["app_home_opened"], "request_url": url}


def test_over_socket_mode():
    made = manifest(None, socket=True)
    assert made["settings"]["socket_mode_enabled"]
    assert "url" not in str(made["settings"]) + str(made["features"])


def test_neither():
    with pytest.raises(ValueError, match="URL"):
        manifest(None, socket=False)


def test_every_button_has_its_listener():
    handled = {form.act for form in FORMS} | set(COMMANDS) | set(LOOKS) | {ActionId.TAKE_STEPS}
    own = {
        ActionId.DECLARE,
        ActionId.DECLARE_CHANGE,
        ActionId.DECLARE_SURE,
        ActionId.DECLARE_FOUND,
        ActionId.OPEN_LINK,
        ActionId.DETAILS,
        ActionId.DETAILS_OF,
        ActionId.ANSWER,
        ActionId.ANSWER_OF,
        ActionId.NOTIFICATION,
        ActionId.ADD_SECRET,
        ActionId.ALERT_DECLARE,
        ActionId.ALERT_HARMLESS,
        ActionId.ALERT_END,
        ActionId.NOTICE_DRAFT,
    }
    assert set(ActionId) - handled == own


def test_each_shortcut_of_the_manifest_has_a_listener():
    listened = set()

    class Listening:
        def shortcut(self, name):
            listened.add(name)
            return lambda listener: listener

        def passed_over(self, *_names):
            return lambda listener: listener

        action = command = event = options = view = passed_over

    register_all(Listening(), None)
    named = {each["callback_id"] for each in manifest(None, socket=True)["features"]["shortcuts"]}
    assert named == listened == {"report_leaked_secret"}
