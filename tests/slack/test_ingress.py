"""The ways by which Slack reaches the bot: what listens, and when someone is let in."""

import contextlib
import json
import socket
import time
from pathlib import Path

import pytest
import requests
from werkzeug.test import Client as WsgiClient

from bot.app import Application
from bot.drill.fakes.serving import free_port
from bot.drill.fakes.slack import APP_ID, TEAM_ID, SlackDriver
from bot.drill.fakes.slack.delivery import FORM, SentRequest
from bot.drill.fakes.slack.server import APP_TOKEN
from bot.errors import ConfigurationError
from bot.secrets.secret import Secret
from bot.settings.model import Settings
from bot.settings.values import Address
from bot.slack.bolt_app import build_app
from bot.slack.guard import OwnTeam
from bot.slack.ingress import Ingress, slack_route
from bot.slack.listeners import AppContext
from bot.slack.socket_mode import SocketMode
from bot.web import HealthServer, PublicServer
from bot.web import application as wsgi
from tests.slack.conftest import SIGNING_SECRET

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
SLASH = (
    f"team_id={TEAM_ID}&api_app_id={APP_ID}&command=%2Fcompromise&text=help&user_id=U1&channel_id=C0&trigger_id=t"
    "&response_url="
)


def until(holds, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)
    return found


def app_of(world, signing_secret):
    ctx = AppContext(world.incidents, None, None, world.people, world.gateway, world.clock)
    return build_app(ctx, signing_secret)


class Listening:
    """The ingress and the server of its route, started together."""

    def __init__(self, ingress, port=0) -> None:
        self.ingress = ingress
        self.server = PublicServer(ingress.routes, port, "127.0.0.1")
        self.missing = ingress.missing

    @property
    def address(self):
        return self.server.address

    def start(self):
        self.server.start()
        self.ingress.start()

    def stop(self):
        self.ingress.stop()
        self.server.stop()


@pytest.fixture
def ingress(world):
    """Started, as `bot serve` has it, beside a Slack that may be down."""
    team = OwnTeam(world.gateway.check, (APP_ID,))
    made = Listening(Ingress(app_of(world, Secret(SIGNING_SECRET)), team))
    yield made
    made.stop()


@pytest.fixture
def driver(world, ingress):
    ingress.start()
    return SlackDriver(world.slack.url, f"http://{ingress.address}", SIGNING_SECRET)


# --- over HTTP ------------------------------------------------------------------------------------------------------


def test_nobody_is_let_in_until_the_team_is_known(world, ingress):
    """A signature is for the app, which may be installed in several teams; Slack was down when the bot began."""
    world.fake.faults.inject("down")
    ingress.start()
    driver = SlackDriver(world.slack.url, f"http://{ingress.address}", SIGNING_SECRET)
    until(lambda: "no answer" in str(ingress.missing()))
    assert driver.send(SentRequest(SLASH, FORM)).status == 503
    challenge = SentRequest('{"type":"url_verification","challenge":"c"}', "application/json")
    assert driver.send(challenge).json() == {"challenge": "c"}
    world.fake.faults.clear()
    until(lambda: not ingress.missing())
    assert driver.send(SentRequest(SLASH, FORM)).ok
    assert driver.send(SentRequest(SLASH.replace(TEAM_ID, "T0OTHER"), FORM)).status == 403


def test_a_bot_token_that_slack_refuses(world, ingress):
    world.fake.token = "xoxb-another"
    ingress.start()
    until(lambda: "not accept SLACK_BOT_TOKEN" in str(ingress.missing()))


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Request-Timestamp": "9" * 400},
        {"X-Slack-Request-Timestamp": "9" * 5000},
        {"X-Slack-Request-Timestamp": "9" * 13},
        {"X-Slack-Request-Timestamp": "9" * 12},
        {"X-Slack-Request-Timestamp": "-1"},
        {"X-Slack-Request-Timestamp": "1e9"},
        {"X-Slack-Signature": "v0=é".encode()},
    ],
    ids=lambda headers: str(headers)[:50],
)
def test_what_cannot_be_a_signature_is_a_plain_401(ingress, driver, headers):
    until(lambda: not ingress.missing())
    answer = driver.send(SentRequest(SLASH, FORM), headers=headers)
    assert answer.status == 401


def test_a_large_body_is_refused_before_anybody_looks_at_it(ingress, driver):
    with socket.create_connection((ingress.address.host, ingress.address.port), timeout=5) as connection:
        connection.sendall(b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nContent-Length: 49283072\r\n\r\n")
        assert b" 413 " in connection.makefile("rb").readline()


def test_half_open_connections_silence_neither_slack_nor_health(world, ingress, driver):
    until(lambda: not ingress.missing())
    health = HealthServer(Address("127.0.0.1", 0), list, str)
    health.start()
    with contextlib.ExitStack() as stack:
        for _ in range(150):
            made = socket.create_connection((ingress.address.host, ingress.address.port), timeout=5)
            stack.enter_context(made).sendall(b"POST /slack/events HTTP/1.1\r\nContent-Le")
        assert requests.get(f"http://{health.address}/healthz", timeout=5).text == "ok\n"
        assert driver.send(SentRequest(SLASH, FORM)).ok
    health.stop()


def test_a_port_that_is_taken_is_a_mistake_in_the_settings(ingress, driver, world):
    team = OwnTeam(world.gateway.check)
    second = Listening(Ingress(app_of(world, Secret(SIGNING_SECRET)), team), ingress.address.port)
    with pytest.raises(ConfigurationError, match="Set BOT_PORT to another"):
        second.start()


# --- what the settings make of it -----------------------------------------------------------------------------------


def application(world, folder, **given):
    return Application(
        Settings.load(
            {
                "BOT_ENVIRONMENT": "drill",
                "BOT_DATA": str(folder),
                "BOT_PLAYBOOKS": str(PLAYBOOKS),
                "BOT_PORT": str(free_port()),
                "SLACK_BOT_TOKEN": world.fake.token,
                "SLACK_API_URL": f"{world.slack.url}/api",
                **given,
            }
        )
    )


@pytest.mark.parametrize("more", [{}, {"SLACK_SIGNING_SECRET": SIGNING_SECRET}], ids=["alone", "and a signing secret"])
def test_with_an_app_token_nothing_listens_for_slack(world, tmp_path, more):
    made = application(world, tmp_path, SLACK_APP_TOKEN=APP_TOKEN, **more)
    front = made.serving.front()
    assert isinstance(front, SocketMode)
    server = made.serving.public_server(front)
    server.start()
    front.start()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", made.settings.port), timeout=5)
    front.stop()
    server.stop()
    made.close()


def test_without_one_slack_comes_over_http(world, tmp_path):
    made = application(world, tmp_path, SLACK_SIGNING_SECRET=SIGNING_SECRET)
    front = made.serving.front()
    assert isinstance(front, Ingress)
    server = made.serving.public_server(front)
    server.start()
    answer = requests.post(f"http://127.0.0.1:{made.settings.port}/slack/events", data=SLASH, timeout=5)
    assert answer.status_code in {400, 401}
    server.stop()
    made.close()


def test_without_either_nothing_is_served(world, tmp_path):
    made = application(world, tmp_path)
    with pytest.raises(ConfigurationError, match="SLACK_SIGNING_SECRET is not set"):
        made.serving.front()
    made.close()


def test_an_app_without_a_signing_secret_takes_nothing_over_http(world):
    """Socket Mode has no such route. Were there one by mistake, nobody could sign for it."""
    client = WsgiClient(wsgi([slack_route(app_of(world, None), lambda _kind, _body: None)]))
    for headers in ({}, {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=" + "0" * 64}):
        answer = client.post("/slack/events", data=SLASH, content_type=FORM, headers=headers)
        assert answer.status_code == 401
        assert json.loads(answer.data) == {"error": "invalid request"}
