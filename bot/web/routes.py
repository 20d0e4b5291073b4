"""A route: a path, its function, and the largest body that it accepts. Routes together are a WSGI application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from bot.logs import Logger

# What a stranger may cost: every limit on what comes in by HTTP, in size and in time.


HEADER_BYTES = 16 * 1024
"""Slack's request line and headers are about 1 KB; a TLS front may add as much again."""
NOTHING_BYTES = 1024
"""The largest body for a route that needs no body."""
CONNECTIONS = 512
"""The most connections open at once, silent ones included; fewer if the process may open fewer files."""
BACKLOG = 1024
"""Connections that may wait in the system's queue besides those."""
REQUEST_SECONDS = 15
"""The time in which a request must arrive, and for which a connection may be idle."""
CLEANUP_SECONDS = 5
"""The time between two searches for such connections."""
ENDING_SECONDS = 5.0
"""The time for requests in progress when the process is told to stop."""


if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TEXT = "text/plain; charset=utf-8"
READ = frozenset({"GET", "HEAD"})
SEND = frozenset({"POST"})
_log = Logger(__name__)


@dataclass(frozen=True)
class Request:
    """A request whose size is within its route's limit. Headers' names are in small letters."""

    headers: Mapping[str, str]
    query: str
    body: bytes


@dataclass(frozen=True)
class Response:
    """`headers` are without Content-Type and Content-Length."""

    status: int
    text: str
    content_type: str = TEXT
    headers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Route:
    """`answer` may raise: the sender then reads only that the request failed, and the log has the error's class."""

    path: str
    answer: Callable[[Request], Response]
    methods: frozenset[str] = READ
    body_bytes: int = NOTHING_BYTES


def application(routes: Iterable[Route]) -> WSGIApplication:
    """A WSGI application of the routes."""
    by_path = {route.path: route for route in routes}

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = _answer(by_path.get(environ["PATH_INFO"]), environ)
        body = answer.text.encode()
        start_response(
            f"{answer.status} {HTTPStatus(answer.status).phrase}",
            [("Content-Type", answer.content_type), ("Content-Length", str(len(body))), *answer.headers],
        )
        return [body if environ["REQUEST_METHOD"] != "HEAD" else b""]

    return serve


def _answer(route: Route | None, environ: WSGIEnvironment) -> Response:
    if route is None:
        return Response(404, "There is nothing here.\n")
    if environ["REQUEST_METHOD"] not in route.methods:
        allowed = sorted(route.methods)
        return Response(405, f"Only {allowed[0]} is answered here.\n", headers=[("Allow", ", ".join(allowed))])
    size = int(environ.get("CONTENT_LENGTH") or 0)
    if size > route.body_bytes:
        return Response(400, f"The request is larger than {route.body_bytes // 1024} KiB.\n")
    try:
        return route.answer(Request(_headers(environ), environ.get("QUERY_STRING", ""), _body(environ, size)))
    except Exception as error:  # noqa: BLE001 - the last net: a traceback's lines may repeat what was sent
        _log.error("request failed", path=route.path, error=type(error).__name__)
        return Response(500, "This could not be done.\n")


def _body(environ: WSGIEnvironment, size: int) -> bytes:
    return environ["wsgi.input"].read(size) if size else b""


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    found = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    if "CONTENT_TYPE" in environ:
        found["content-type"] = environ["CONTENT_TYPE"]
    return found
