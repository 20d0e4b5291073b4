"""Asking a consumer for its health, over HTTP."""

from __future__ import annotations

import pytest

from bot.consumers.aws_lambda.functions import LambdaConsumers
from bot.drill.fakes.serving import Served
from bot.errors import Refused


def application(environ, start_response):
    match environ["PATH_INFO"]:
        case "/ok":
            status = "200 OK" if environ["QUERY_STRING"] in {"", "deep=1"} else "400 Bad Request"
        case "/moved":
            start_response("302 Found", [("Location", "/ok"), ("Content-Length", "0")])
            return [b""]
        case "/slow":
            status = "429 Too Many Requests"
        case "/sad":
            status = "503 Service Unavailable"
        case _:
            status = "404 Not Found"
    start_response(status, [("Content-Length", "0")])
    return [b""]


@pytest.fixture(scope="module")
def product():
    with Served(application) as served:
        yield served.url


@pytest.mark.parametrize(
    ("path", "ok", "words"),
    [
        ("/ok", True, "HTTP 200"),
        ("/ok?deep=1", True, "HTTP 200"),
        ("/sad", False, "HTTP 503"),
        ("/moved", False, "HTTP 302"),
        ("/slow", False, "HTTP 429"),
        ("", False, "HTTP 404"),
    ],
)
def test_health_is_any_2xx(product, path, ok, words):
    health = LambdaConsumers.health(product + path)
    assert health.ok is ok
    assert words in health.detail


def test_a_consumer_that_does_not_answer_is_not_healthy():
    health = LambdaConsumers.health("http://127.0.0.1:9/health")
    assert (health.ok, "connection" in health.detail) == (False, True)


@pytest.mark.parametrize("url", ["http://product.test/health", "nonsense", "ftp://127.0.0.1.evil.test"])
def test_health_is_asked_over_https_only(url):
    with pytest.raises(Refused, match="needs https"):
        LambdaConsumers.health(url)
