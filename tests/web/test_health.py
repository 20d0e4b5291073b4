"""What a process says of itself, on an address of its own."""

import contextlib
import json
import socket

import pytest
import requests
import structlog

from bot.metrics import Metrics
from bot.settings.values import Address
from bot.web import HealthServer
from bot.web.routes import Response
from bot.web.server import health_routes

SOMEWHERE = Address("127.0.0.1", 0)


class Health:
    """Says what it is told to."""

    def __init__(self) -> None:
        self.found = []

    def missing(self):
        if self.found is None:
            raise RuntimeError("may hold anything")
        return self.found


@pytest.fixture
def health():
    return Health()


@pytest.fixture
def page(health):
    made = HealthServer(SOMEWHERE, health.missing, Metrics().text)
    made.start()
    yield made
    made.stop()


def test_what_waits_while_the_rest_works_is_said_and_keeps_nobody_away(health):
    pages = {route.path: route.answer for route in health_routes(health.missing, str, lambda: ["rotations wait"])}
    assert pages["/readyz"](None) == Response(200, "ready\nrotations wait\n")
    health.found = ["no database"]
    assert pages["/readyz"](None) == Response(503, "no database\nrotations wait\n")


def get(page, path, method="GET"):
    return requests.request(method, f"http://{page.address}{path}", timeout=5)


def test_the_pages(page, health):
    assert get(page, "/healthz").text == "ok\n"
    assert (get(page, "/readyz").status_code, get(page, "/readyz").text) == (200, "ready\n")
    assert "bot_slack_acknowledgement_seconds" in get(page, "/metrics").text
    assert get(page, "/metrics").headers["Content-Type"].startswith("text/plain; version=0.0.4")
    health.found = ["the database cannot be reached", "Slack is not connected yet"]
    answer = get(page, "/readyz")
    assert answer.status_code == 503
    assert answer.text.splitlines() == health.found
    assert get(page, "/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/", "/slack/events", "/healthz/", "/metrics%00"])
def test_there_is_nothing_else(page, path):
    assert get(page, path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_sent(page, method):
    assert get(page, "/healthz", method).status_code == 405
    assert requests.post(f"http://{page.address}/healthz", data=b"x" * 2000, timeout=5).status_code == 413


def test_a_head_is_answered_without_a_body(page):
    answer = get(page, "/healthz", "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")


def test_an_error_nobody_thought_of_shows_nothing_of_itself(page, health):
    health.found = None
    with structlog.testing.capture_logs() as logged:
        answer = get(page, "/readyz")
    assert (answer.status_code, answer.text) == (500, "This could not be done.\n")
    assert [line["error"] for line in logged] == ["RuntimeError"]
    assert "may hold anything" not in json.dumps(logged)


def test_half_open_connections_do_not_silence_it(page):
    with contextlib.ExitStack() as stack:
        for _ in range(150):
            made = socket.create_connection((page.address.host, page.address.port), timeout=5)
            stack.enter_context(made).sendall(b"GET /healthz HT")
        assert get(page, "/healthz").text == "ok\n"


def test_an_address_that_is_taken_is_said_and_holds_nothing_up(page, health):
    second = HealthServer(page.address, health.missing, Metrics().text)
    with structlog.testing.capture_logs() as logged:
        second.start()
    second.stop()
    (line,) = logged
    assert line["log_level"] == "error"
    assert "set BOT_HEALTH_ADDRESS" in line["event"]
    assert line["address"] == str(page.address)
