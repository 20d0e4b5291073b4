"""Routes: what a part of the bot has to register for its requests to come in, and what never reaches it."""

import json

import pytest
import structlog
from werkzeug.test import Client

from bot.web import Request, Response, Route, application
from bot.web.routes import SEND


def echo(request: Request) -> Response:
    said = {"body": request.body.decode(), "query": request.query, "kind": request.headers.get("content-type")}
    return Response(202, json.dumps(said), "application/json", [("X-Seen", request.headers.get("x-signature", ""))])


def broken(_request: Request) -> Response:
    raise RuntimeError("may hold anything")


@pytest.fixture
def client():
    hook = Route("/webhooks/echo", echo, SEND, body_bytes=2048)
    return Client(application([hook, Route("/broken", broken)]))


def test_a_registered_route_gets_the_request_and_gives_the_answer(client):
    headers = {"Content-Type": "text/x", "X-Signature": "v0=1"}
    answer = client.post("/webhooks/echo?a=b", data=b"sent", headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (202, "application/json")
    assert answer.json == {"body": "sent", "query": "a=b", "kind": "text/x"}
    assert answer.headers["X-Seen"] == "v0=1"


def test_what_is_too_large_for_its_route_reaches_nobody(client):
    assert client.post("/webhooks/echo", data=b"x" * 2048).status_code == 202
    answer = client.post("/webhooks/echo", data=b"x" * 2049)
    assert (answer.status_code, answer.text) == (400, "The request is larger than 2 KiB.\n")


def test_another_method_is_told_which_is_answered(client):
    answer = client.get("/webhooks/echo")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_no_route(client):
    assert client.get("/webhooks").status_code == 404


def test_an_error_shows_nothing_of_itself(client):
    with structlog.testing.capture_logs() as logged:
        answer = client.get("/broken")
    assert (answer.status_code, answer.text) == (500, "This could not be done.\n")
    assert [(line["path"], line["error"]) for line in logged] == [("/broken", "RuntimeError")]
    assert "may hold anything" not in json.dumps(logged)
