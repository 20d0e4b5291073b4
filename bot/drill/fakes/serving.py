"""Serving a WSGI application on loopback in a thread, and stopping it."""

from __future__ import annotations

import io
import os
import secrets
import socket
import threading
from contextlib import suppress
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Self

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

LOOPBACK = "127.0.0.1"


SELDOM = 60.0
"""Seconds after which a server checks whether it is to end: some thirty of them run beside a test."""
PORTS = range(20_000, 32_000)
"""Below the system's ports for connections: one of those could be in use before the server listens on it."""


def free_port() -> int:
    """A free port of loopback. No other process is given it while this one runs: it holds UDP's of the same number."""
    for port in secrets.SystemRandom().sample(PORTS, 100):
        claim = socket.socket(type=socket.SOCK_DGRAM)
        try:
            claim.bind((LOOPBACK, port))
            socket.create_server((LOOPBACK, port)).close()
        except OSError:
            claim.close()
        else:
            claim.detach()  # it ends with this process
            return port
    raise OSError(f"nothing can be listened on at {LOOPBACK}")


class _Quiet(WSGIRequestHandler):
    """No request lines on the terminal, and no complaint about connections that a fault cut. A connection is kept for
    the client's next request, as real services do: Werkzeug by itself ends each, since it does not see to bodies.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536  # an answer's head and body go together: the client is woken once

    def setup(self) -> None:
        super().setup()
        self._chunked = False
        self.server.kept.add(self.connection)  # type: ignore[attr-defined]

    def finish(self) -> None:
        """Whole, also where the client is gone: closing what was not sent sends it, which fails."""
        self.server.kept.discard(self.connection)  # type: ignore[attr-defined]
        with self.rfile, suppress(OSError):
            super().finish()

    def run_wsgi(self) -> None:
        connection, source = self.connection, self.rfile
        try:
            super().run_wsgi()
        finally:
            self.connection, self.rfile = connection, source

    def make_environ(self) -> WSGIEnvironment:
        """With the whole body read, so that the next request begins behind it; what Werkzeug drains is at its end."""
        environ = super().make_environ()
        self._chunked = bool(environ.get("wsgi.input_terminated"))
        if not self._chunked:
            environ["wsgi.input"] = io.BytesIO(self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0)))
            self.connection, self.rfile = _at_end(), io.BytesIO()
        return environ

    def send_header(self, keyword: str, value: str) -> None:
        if self._chunked or (keyword.lower(), value) != ("connection", "close"):
            super().send_header(keyword, value)

    def connection_dropped(self, *_: object) -> None:
        self.close_connection = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's signature
        pass


@cache
def _at_end() -> int:
    """A pipe at its end."""
    reading, writing = os.pipe()
    os.close(writing)
    return reading


class Served:
    """A running server; `url` is its base URL without a trailing slash. Use it as a context manager or `stop` it."""

    def __init__(self, application: WSGIApplication, port: int = 0) -> None:
        self._server = make_server(LOOPBACK, port, application, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._server.kept = set()  # type: ignore[attr-defined]
        self.port = self._server.server_port
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._application = application
        self._thread = threading.Thread(target=self._server.serve_forever, args=(SELDOM,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        closing = getattr(self._application, "closing", None)
        if closing is not None:
            closing.set()
        ending = threading.Thread(target=self._server.shutdown)
        ending.start()
        while ending.is_alive():  # it sees that it is to end when someone comes
            with suppress(OSError):
                socket.create_connection((LOOPBACK, self.port), 1).close()
            ending.join(0.01)
        self._server.server_close()
        for connection in self._server.kept.copy():  # type: ignore[attr-defined]
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
