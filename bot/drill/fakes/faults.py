"""Faults that a fake can be told to show, between its documented behaviour and the wire.

A fault is named `OPERATION-EFFECT` (``revoke-500``, ``create-timeout``) or just `EFFECT`, which then hits every
operation (``down``, ``429``). Operations are the fake's own words for its routes: create, revoke, list, probe, ….

============ ===========================================================================================
effect       what the caller sees
============ ===========================================================================================
500          HTTP 500; nothing was done
404          HTTP 404; nothing was done
429          HTTP 429 without Retry-After; nothing was done
429-after    HTTP 429 with Retry-After: 1; nothing was done
timeout      nothing, for longer than any client waits, after the request was carried out
silence      nothing, for longer than any client waits; nothing was done
reset        the connection is cut before an answer, after the request was carried out
down         the connection is cut at once; nothing was done
html         HTTP 200 with a page of HTML, as a proxy would answer; nothing was done
============ ===========================================================================================

Other faults of a fake (``revoke-ignored``, ``probe-ip-not-authorized``) are asked for by `take`.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

EFFECTS = ("500", "404", "429", "429-after", "timeout", "silence", "reset", "down", "html")
HANG_SECONDS = 25.0
HTML = b"<!doctype html><title>Proxy</title><p>The site is being maintained."


class Faults:
    """The faults in force at one fake. Thread-safe."""

    def __init__(self, operations: Iterable[str], special: Mapping[str, str] | None = None) -> None:
        """`operations` are the fake's route names; `special` are faults of its own, each with a sentence."""
        self.special = dict(special or {})
        self.known = {
            *EFFECTS,
            *(f"{operation}-{effect}" for operation in operations for effect in EFFECTS),
            *self.special,
        }
        self._left: dict[str, int | None] = {}
        self._lock = threading.Lock()

    def inject(self, name: str, times: int | None = None) -> None:
        """Puts a fault in force for the next `times` requests, permanently if None. ValueError for an unknown name."""
        if name not in self.known:
            raise ValueError(f"no fault {name!r}; known: {', '.join(sorted(self.known))}")
        with self._lock:
            self._left[name] = times

    def clear(self, name: str | None = None) -> None:
        """Lifts one fault, or all."""
        with self._lock:
            if name is None:
                self._left.clear()
            else:
                self._left.pop(name, None)

    def take(self, name: str) -> bool:
        """Whether the fault is in force, counting this request against it."""
        with self._lock:
            if name not in self._left:
                return False
            left = self._left[name]
            if left is None:
                return True
            if left <= 1:
                del self._left[name]
            else:
                self._left[name] = left - 1
            return True

    def effect(self, operation: str) -> str | None:
        """The HTTP effect in force for `operation`, if any."""
        for effect in EFFECTS:
            if self.take(f"{operation}-{effect}") or self.take(effect):
                return effect
        return None


class FaultyApplication:
    """A WSGI application with faults before and after it.

    `operation_of(environ)` names the operation of a request. A path under ``/_fake/`` is never hit: there the
    practice world itself asks and injects.
    """

    def __init__(
        self, application: WSGIApplication, faults: Faults, operation_of: Callable[[WSGIEnvironment], str]
    ) -> None:
        self.application = application
        self.faults = faults
        self.operation_of = operation_of
        self.closing = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith("/_fake/"):
            return self.application(environ, start_response)
        match self.faults.effect(self.operation_of(environ)):
            case None:
                return self.application(environ, start_response)
            case "500":
                return _answer(start_response, "500 Internal Server Error")
            case "404":
                return _answer(start_response, "404 Not Found")
            case "429":
                return _answer(start_response, "429 Too Many Requests")
            case "429-after":
                return _answer(start_response, "429 Too Many Requests", ("Retry-After", "1"))
            case "html":
                start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(HTML)))])
                return [HTML]
            case "down":
                return _cut(environ)
            case "reset":
                _carry_out(self.application, environ)
                return _cut(environ)
            case "timeout":
                _carry_out(self.application, environ)
                self.closing.wait(HANG_SECONDS)
                return _cut(environ)
            case _:
                self.closing.wait(HANG_SECONDS)
                return _cut(environ)


def _answer(start_response: StartResponse, status: str, *headers: tuple[str, str]) -> list[bytes]:
    body = json.dumps({"error": {"message": "injected fault"}}).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers])
    return [body]


def _carry_out(application: WSGIApplication, environ: WSGIEnvironment) -> None:
    def ignore(_status: str, _headers: Any, _error: Any = None) -> Callable[[bytes], object]:
        return lambda _chunk: None

    for _ in application(environ, ignore):
        pass


def _cut(environ: WSGIEnvironment) -> list[bytes]:
    """Closes the client's connection without an answer. The server's own complaint about it goes nowhere."""
    connection: socket.socket = environ["werkzeug.socket"]
    with contextlib.suppress(OSError):  # the client has already hung up
        connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError
