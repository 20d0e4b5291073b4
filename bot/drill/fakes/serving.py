"""Serving a WSGI application on loopback in a thread, and stopping it."""

from __future__ import annotations

import secrets
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOOPBACK = "127.0.0.1"


PORTS = range(20_000, 32_000)
"""Below those that a system gives to connections: one of them could be somebody's before it is listened on."""


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    for port in (*secrets.SystemRandom().sample(PORTS, 100), 0):
        with suppress(OSError), socket.create_server((LOOPBACK, port)) as probe:
            return int(probe.getsockname()[1])
    raise OSError(f"nothing can be listened on at {LOOPBACK}")


class _Quiet(WSGIRequestHandler):
    """No request lines on the terminal, and no complaint about connections that a fault cut."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's signature
        pass


class Served:
    """A running server; `url` is its base URL without a trailing slash. Use it as a context manager or `stop` it."""

    def __init__(self, application: WSGIApplication, port: int = 0) -> None:
        self._server = make_server(LOOPBACK, port, application, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self.port = self._server.server_port
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._application = application
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        closing = getattr(self._application, "closing", None)
        if closing is not None:
            closing.set()
        ending = threading.Thread(target=self._server.shutdown)
        ending.start()
        with suppress(OSError):  # it ends when somebody comes, or else after the poll's interval
            socket.create_connection((LOOPBACK, self.port), 1).close()
        ending.join()
        self._server.server_close()
        self._thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
