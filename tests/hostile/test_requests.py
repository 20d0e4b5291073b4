"""Requests that Slack did not send, or not to us, or not now, or not so. None has an effect, none shows the inside.

The guard by itself is tested in tests/slack/test_guard.py; here everything stands between the socket and the log.
"""

import json
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
import structlog

from bot.drill.fakes.serving import Served
from bot.drill.fakes.slack import APP_ID, TEAM_ID
from bot.drill.fakes.slack.delivery import FORM, SentRequest
from bot.inbox import Declaration, SecretChoice
from bot.incident.events import NoteAdded
from bot.slack.guard import BODY_BYTES, DEPTH

JSON = "application/json"


@pytest.fixture
def incident(world):
    ada = world.people.by_slack(world.ada).actor
    declaration = Declaration(
        environment="production", secrets=(SecretChoice("openai-api-key"),), how_noticed="a stranger wrote"
    )
    return world.incidents.declare(declaration, ada, "declared").incident.id


def slash(world, text, **changes):
    fields = {
        "team_id": TEAM_ID, "api_app_id": APP_ID, "command": "/compromise", "text": text, "user_id": world.ada,
        "channel_id": "C0", "trigger_id": f"t{time.time_ns()}", "response_url": f"{world.slack.url}/response/none",
    }  # fmt: skip
    return SentRequest(urlencode({**fields, **changes}), FORM)


def press(world, value, action="kill", **changes):
    payload = {
        "type": "block_actions", "team": {"id": TEAM_ID}, "api_app_id": APP_ID, "user": {"id": world.ada},
        "trigger_id": "t", "container": {"message_ts": "1.0"}, "channel": {"id": "C0"},
        "response_url": f"{world.slack.url}/response/none",
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": "1.1"}],
    }  # fmt: skip
    return SentRequest(urlencode({"payload": json.dumps({**payload, **changes})}), FORM)


def settled():
    """Listeners work after the acknowledgement."""
    time.sleep(0.3)


@pytest.mark.parametrize(
    "how",
    [
        {"signing_secret": "another"},
        {"signing_secret": ""},
        {"age": 301},
        {"age": -3600},
        {"headers": {"X-Slack-Signature": ""}},
        {"headers": {"X-Slack-Signature": "v0=" + "0" * 64}},
        {"headers": {"X-Slack-Signature": "v1=" + "0" * 64}},
        {"headers": {"X-Slack-Request-Timestamp": "yesterday"}},
        {"headers": {"X-Slack-Request-Timestamp": ""}},
    ],
    ids=str,
)
def test_forged_and_old_requests(world, incident, watch, how):
    before = watch()
    answer = world.driver.send(slash(world, f"note {incident} forged"), **how)
    assert answer.status == 401
    assert len(answer.body) < 200
    settled()
    before.unchanged()


def test_without_any_signature(world, incident, watch):
    before = watch()
    sent = slash(world, f"note {incident} forged")
    answer = requests.post(f"{world.bot.url}/slack/events", data=sent.body, headers={"Content-Type": FORM}, timeout=5)
    assert answer.status_code == 401
    settled()
    before.unchanged()


def test_a_signature_is_for_one_body_only(world, incident, watch):
    before = watch()
    signed = slash(world, f"note {incident} harmless")
    headers = {}
    real = requests.Session.send

    def steal(self, request, **more):
        headers.update(request.headers)
        raise requests.ConnectionError

    requests.Session.send = steal
    try:
        with pytest.raises(requests.ConnectionError):
            world.driver.send(signed)
    finally:
        requests.Session.send = real
    headers.pop("Content-Length")
    other = signed.body.replace("harmless", "harmful!")
    answer = requests.post(f"{world.bot.url}/slack/events", data=other, headers=headers, timeout=5)
    assert answer.status_code == 401
    settled()
    before.unchanged()


def test_a_replay_has_the_first_effect_and_no_other(world, incident, watch):
    sent = slash(world, f"note {incident} once")
    for _ in range(4):
        assert world.driver.send(sent).ok
    settled()
    assert [type(r.event) for r in world.incidents.events(incident)].count(NoteAdded) == 1
    watch().quiet()


@pytest.fixture
def elsewhere():
    """Someone else's server: its address, and the paths that it was asked for."""
    got = []

    def application(environ, start_response):
        got.append(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]

    with Served(application) as served:
        yield served.url, got


def answers_in_slack(world):
    """What Ada was told: by a direct message, and in a channel where nobody else sees it."""
    channels = world.driver.state()["channels"].values()
    direct = [message["text"] for channel in channels if channel["is_im"] for message in channel["messages"]]
    return direct, [message["text"] for channel in channels for message in channel["ephemerals"]]


def test_answers_go_nowhere_but_to_slack(world, incident, elsewhere):
    """Even for a signed request: whoever could name the address would be sent what the bot says."""
    channel = world.gateway.create_channel("inside")
    world.gateway.invite(channel, world.ada)
    url, got = elsewhere
    answer_at = f"{url}/collect"
    with structlog.testing.capture_logs() as logged:
        assert world.driver.send(slash(world, "help", response_url=answer_at)).ok
        assert world.driver.send(press(world, "nonsense", response_url=answer_at, channel={"id": channel})).ok
        until = time.monotonic() + 60
        while not all(answers_in_slack(world)) and time.monotonic() < until:
            time.sleep(0.05)
    direct, seen_alone = answers_in_slack(world)
    assert [len(direct), len(seen_alone)] == [1, 1]
    assert "bot submit" in direct[0]
    assert "from another version of the bot" in seen_alone[0]
    assert got == []
    assert [line["log_level"] for line in logged] == ["warning", "warning"]
    assert answer_at not in str(logged)


NESTED = "[" * (DEPTH + 1) + "]" * (DEPTH + 1)


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (FORM, "payload=%7B", 400),
        (FORM, "payload=", 400),
        (FORM, "payload=null", 400),
        (FORM, "payload=%5B%5D", 400),
        (FORM, "payload=" + "%5B" * 50_000, 400),
        (FORM, urlencode({"payload": json.dumps({"type": "block_actions", "team": {"id": TEAM_ID},
                                                 "x": json.loads(NESTED)})}), 400),
        (FORM, "payload=%7B%7D&payload=%7B%7D", 400),
        (FORM, "&".join(f"f{n}=1" for n in range(500)), 400),
        (FORM, "%00", 400),
        (FORM, "a=%FF%FE", 403),
        (FORM, "team_id", 400),
        (FORM, "a=" + "x" * BODY_BYTES, 400),
        (JSON, "{}", 403),
        (JSON, "{", 400),
        (JSON, "NaN", 400),
        (JSON, '{"a":' * 5000, 400),
        (JSON, '"' + "x" * BODY_BYTES, 400),
        ("text/xml", "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", 400),
        ("multipart/form-data; boundary=b", "--b\r\n", 400),
        ("application/x-www-form-urlencoded; charset=nonsense", "a=1", 403),
    ],
    ids=range(20),
)  # fmt: skip
def test_malformed_oversized_and_nested(world, watch, kind, body, status):
    before = watch()
    answer = world.driver.send(SentRequest(body, kind))
    assert answer.status == status, answer.body
    assert len(answer.body) < 200
    before.unchanged()


@pytest.mark.parametrize(
    "changes",
    [
        {"team_id": "T0OTHER"},
        {"team_id": ""},
        {"api_app_id": "A0OTHER"},
        {"api_app_id": ""},
    ],
    ids=str,
)
def test_of_another_team_or_app(world, incident, watch, changes):
    before = watch()
    assert world.driver.send(slash(world, f"note {incident} theirs", **changes)).status == 403
    settled()
    before.unchanged()


@pytest.mark.parametrize("changes", [{"team": {"id": "T0OTHER"}}, {"team": []}, {"team": None, "user": "x"},
                                     {"api_app_id": ["A"]}], ids=str)  # fmt: skip
def test_a_press_of_another_team_or_app(world, incident, watch, changes):
    before = watch()
    value = json.dumps({"incident": incident, "subject": "openai-api-key"})
    assert world.driver.send(press(world, value, **changes)).status == 403
    settled()
    before.unchanged()


VALUES = (
    "", "[]", "{", "null", '{"incident":null}', '{"incident":"../../x"}', '{"incident":"inc_../../"}',
    '{"incident":{"a":1},"subject":[]}', "[" * 5000, "x" * 2000, '{"incident":"' + "i" * 1900 + '"}',
    '{"incident":"inc_zzzzzz","subject":"openai-api-key"}', '{"incident":"\\u0000"}', '{"incident":"%s%n"}',
)  # fmt: skip


@pytest.mark.parametrize("action", ["kill", "approve", "approve_proposal", "take_steps", "details", "close"])
def test_a_button_that_we_never_drew(world, incident, watch, action):
    before = watch()
    for value in VALUES:
        assert world.driver.send(press(world, value, action)).ok
    settled()
    before.unchanged()


@pytest.mark.parametrize(
    "changes",
    [{"actions": []}, {"actions": None}, {"actions": [[]]}, {"actions": "kill"}, {"user": None}, {"user": "U1"},
     {"container": []}, {"view": 7}, {"type": "no_such_type"}, {"type": None}, {"trigger_id": {"a": 1}}],
    ids=str,
)  # fmt: skip
def test_payloads_of_another_shape(world, incident, watch, changes):
    before = watch()
    answer = world.driver.send(press(world, json.dumps({"incident": incident}), "close", **changes))
    assert answer.status < 500, answer.body
    assert len(answer.body) < 300
    settled()
    before.unchanged()


@pytest.mark.parametrize(
    "path",
    ["/", "/slack", "/slack/events/..", "/static/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/slack/events%00"],
)
def test_other_addresses_are_not_there(world, watch, path):
    before = watch()
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = requests.request(method, f"{world.bot.url}{path}", timeout=5)
        assert answer.status_code in {404, 405}
        assert "passwd" not in answer.text
    assert requests.get(f"{world.bot.url}/slack/events", timeout=5).status_code == 405
    before.unchanged()


TYPED = "sk-proj-" + "T3BlbkFJb8" * 5


def test_a_secret_that_is_typed_in_slack_reaches_no_row(world, incident, watch):
    before = watch()
    assert world.driver.send(slash(world, f"note {incident} it was {TYPED}")).ok
    assert world.driver.slash(world.ada, "/compromise").ok
    view = world.driver.view_of(world.ada)
    until = time.monotonic() + 60
    while view is None and time.monotonic() < until:
        time.sleep(0.05)
        view = world.driver.view_of(world.ada)
    world.driver.press_in_view(
        world.ada, view["id"], "secrets", ["database-url"], values={"how_noticed": f"saw {TYPED}"}
    )
    settled()
    world.driver.submit(world.ada, view["id"], {})
    settled()
    before.unchanged()
    with world.event_log.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM commands WHERE state = 'waiting'").scalar_one() == 0
    files = list(Path(str(world.event_log.database.path)).parent.glob("log.sqlite*"))
    assert files
    assert not [path for path in files if TYPED.encode() in path.read_bytes()]
