"""Slack's refusals become our own errors, and nothing of an answer is passed on."""

import json
import socket

import pytest
from flask import Flask, Response

from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import TEAM_ID, TOKEN, FakeSlack
from bot.errors import Missing, Refused, Throttled, Unauthorized, Unexpected, Unreachable
from bot.net.limits import Bucket
from bot.secrets.secret import Secret
from bot.slack.blocks import section
from bot.slack.errors import SlackRefused
from bot.slack.gateway import SlackGateway, web_client


class Answers:
    """A server that gives one answer to everything."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, '{"ok": true}', {}
        flask = Flask("answers")
        flask.add_url_rule("/<path:path>", view_func=self._answer, methods=["GET", "POST"])
        self.served = Served(flask)

    def _answer(self, path):
        return Response(self.body, self.status, headers=self.headers, content_type="application/json")

    def give(self, status=200, body=None, headers=None, **fields):
        self.status, self.headers = status, headers or {}
        self.body = body if body is not None else json.dumps({"ok": False, **fields})


@pytest.fixture(scope="module")
def answers():
    made = Answers()
    yield made
    made.served.stop()


@pytest.fixture
def gateway(answers):
    return SlackGateway(web_client(Secret(TOKEN), answers.served.url), lambda: Bucket(1e6, 1000))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("invalid_auth", Unauthorized),
        ("token_revoked", Unauthorized),
        ("missing_scope", Unauthorized),
        ("channel_not_found", Missing),
        ("message_not_found", Missing),
        ("is_archived", SlackRefused),
        ("msg_too_long", Refused),
        ("internal_error", Unexpected),
        ("ratelimited", Throttled),
    ],
)
def test_error_codes(gateway, answers, error, kind):
    answers.give(error=error, needed="what it says <secret>")
    with pytest.raises(kind) as caught:
        gateway.check()
    assert "<secret>" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_token_stands_for_a_team():
    """Without arguments nothing may be announced as JSON: an empty text is none."""
    with Served(FakeSlack().application) as served:
        assert SlackGateway(web_client(Secret(TOKEN), f"{served.url}/api")).check()["team_id"] == TEAM_ID


def test_throttled_says_for_how_long(gateway, answers):
    answers.give(429, error="ratelimited", headers={"Retry-After": "17"})
    with pytest.raises(Throttled) as caught:
        gateway.post("C1", "hello")
    assert caught.value.retry_after == 17


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors(gateway, answers, status):
    answers.give(status, "<html>no sk-proj-eeeeeeeeeeeeeeeeeeeeeeeeeeee</html>")
    with pytest.raises(Unexpected) as caught:
        gateway.check()
    assert str(caught.value) == f"slack: check the token: HTTP {status}"


def test_an_unfamiliar_code_is_not_repeated(gateway, answers):
    answers.give(error="it was <sk-proj-ffffffffffffffffffffffffffff>")
    with pytest.raises(Refused, match="an unfamiliar error"):
        gateway.check()


def test_no_answer():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gateway = SlackGateway(web_client(Secret(TOKEN), f"http://127.0.0.1:{port}/api"))
    with pytest.raises(Unreachable):
        gateway.check()
    with pytest.raises(Unreachable):
        gateway.respond(f"http://127.0.0.1:{port}/r", "hello")


HOOK = "https://hooks.slack.com/commands/T1/1/x"


@pytest.mark.parametrize(
    ("api", "url", "may"),
    [
        ("https://slack.com/api", HOOK, True),
        ("https://slack-gov.com/api", HOOK.replace("slack", "slack-gov"), True),
        ("http://127.0.0.1:4000/api", "http://127.0.0.1:4000/response/x", True),
        ("https://slack.com/api", "http://hooks.slack.com/commands/T1/1/x", False),
        ("https://slack.com/api", "https://hooks.slack.com", False),
        ("https://slack.com/api", "https://hooks.slack.com.example.com/commands", False),
        ("https://slack.com/api", "https://hooks.slack.com@example.com/commands", False),
        ("https://slack.com/api", "https://hooks.slack.com:8443/commands", False),
        ("https://slack.com/api", "https://hooks.slack.com\\@example.com/commands", False),
        ("https://slack.com/api", "https://example.com/?https://hooks.slack.com/", False),
        ("https://slack.com/api", "https://slack.com/api/chat.postMessage", False),
        ("https://slack.com/api", " " + HOOK, False),
        ("https://slack.com/api", "http://169.254.169.254/latest/meta-data/", False),
        ("https://slack.com/api", "http://127.0.0.1:4000/response/x", False),
        ("https://slack.com/api", "", False),
        ("http://127.0.0.1:4000/api", HOOK, False),
        ("http://127.0.0.1:4000/api", "http://127.0.0.1:4001/response/x", False),
        ("http://127.0.0.1:4000/api", "http://127.0.0.1:40000/response/x", False),
    ],
)
def test_answers_go_to_slack_alone(api, url, may):
    gateway = SlackGateway(web_client(Secret(TOKEN), api))
    assert gateway.may_respond_at(url) is may
    if not may:
        with pytest.raises(Refused) as caught:
            gateway.respond(url, "hello")
        assert not url or url not in str(caught.value)


def test_an_answer_that_was_refused(gateway, answers):
    answers.give(404, "expired_url")
    with pytest.raises(Unexpected):
        gateway.respond(f"{answers.served.url}/response/x", "hello")


def test_only_known_methods_are_called(gateway):
    with pytest.raises(ValueError, match="manifest"):
        gateway.call("admin.users.list", "look around")


def test_one_message_a_second_in_a_channel():
    waits = []

    class Clock:
        now = 0.0

    def wait(_condition, seconds):
        waits.append(seconds)
        Clock.now += seconds or 0

    fake = FakeSlack(clock=lambda: 1_800_000_000 + Clock.now)
    with Served(fake.application) as served:
        client = web_client(Secret(TOKEN), f"{served.url}/api")
        gateway = SlackGateway(client, lambda: Bucket(1.0, 3, lambda: Clock.now, wait))
        channel = gateway.create_channel("busy")
        for number in range(8):
            gateway.post(channel, f"message {number}", [section("x")])
    assert len(fake.workspace.channels[channel].messages) == 8
    assert sum(waits) == pytest.approx(5.0)
