"""What is let in."""

import json
from urllib.parse import urlencode

import pytest
import requests

from bot.drill.fakes.slack.delivery import FORM, SentRequest
from bot.slack.guard import BODY_BYTES, Guard

GUARD = Guard({"T1"}, {"A1"})
SLASH = {"team_id": "T1", "api_app_id": "A1", "command": "/compromise", "text": ""}
PRESS = {"type": "block_actions", "team": {"id": "T1"}, "api_app_id": "A1", "actions": [{"action_id": "kill"}]}


def form(fields):
    return urlencode(fields).encode()


def payload(document):
    return form({"payload": document if isinstance(document, str) else json.dumps(document)})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, form(SLASH)),
        (f"{FORM}; charset=utf-8", form(SLASH)),
        (FORM, payload(PRESS)),
        (FORM, payload({**PRESS, "team": None, "user": {"team_id": "T1"}})),
        (FORM, form({"ssl_check": "1", "token": "x"})),
        ("application/json", json.dumps({"type": "url_verification", "challenge": "c"}).encode()),
        ("application/json", json.dumps({"type": "event_callback", "team_id": "T1", "api_app_id": "A1"}).encode()),
    ],
)
def test_let_in(kind, body):
    assert GUARD.check(kind, body) is None


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("text/plain", form(SLASH), 400),
        ("", b"", 400),
        (FORM, b"", 403),
        (FORM, payload("{"), 400),
        (FORM, payload("[1]"), 400),
        (FORM, payload("null"), 400),
        (FORM, payload("[" * 100_000), 400),
        (FORM, payload({**PRESS, "x": json.loads("[" * 60 + "]" * 60)}), 400),
        (FORM, payload(PRESS) + b"&payload=%7B%7D", 400),
        (FORM, form({str(n): "x" for n in range(200)}), 400),
        (FORM, b"\xff\xfe=1", 400),
        ("application/json", b"{}" + b" " * BODY_BYTES, 400),
        (FORM, form({**SLASH, "team_id": "T2"}), 403),
        (FORM, form({**SLASH, "api_app_id": "A2"}), 403),
        (FORM, payload({"type": "block_actions"}), 403),
        (FORM, payload({**PRESS, "actions": [[]]}), 400),
        (FORM, payload({**PRESS, "api_app_id": ["A1"]}), 403),
    ],
)
def test_kept_out(kind, body, status):
    refusal = GUARD.check(kind, body)
    assert refusal.status == status
    assert refusal.sentence.endswith(".")


def test_without_a_list_any_team_that_is_signed_for():
    assert Guard().check(FORM, form(SLASH)) is None


def test_while_the_team_is_not_known_nobody_is_let_in():
    guard = Guard(teams=None)
    assert guard.check(FORM, form(SLASH)).status == 503
    assert guard.check(FORM, payload(PRESS)).status == 503
    assert guard.check("application/json", json.dumps({"type": "url_verification", "challenge": "c"}).encode()) is None


def test_over_http(world):
    driver = world.driver
    assert driver.send(SentRequest("payload=%7B", FORM)).status == 400
    assert driver.send(SentRequest("a=" + "x" * (BODY_BYTES + 1), FORM)).status == 400
    assert driver.send(SentRequest(urlencode({**SLASH}), FORM)).status == 403
    assert driver.slash(world.ada, "/compromise", "help").ok
    assert driver.send(driver.last, signing_secret="another").status == 401
    assert driver.send(driver.last, age=3600).status == 401
    for page in ("healthz", "readyz", "metrics"):
        assert requests.get(f"{world.bot.url}/{page}", timeout=5).status_code == 404  # on an address of their own
