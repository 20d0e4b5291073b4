"""An HTTP server that strangers may reach: waitress, with limits that apply before our code sees a request.

Waitress keeps a body in memory up to `inbuf_overflow` and in a temporary file beyond. The largest accepted body is
smaller, so no request is written to the disk. Source: docs.pylonsproject.org, waitress, arguments.
"""

from __future__ import annotations

import resource
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]

from bot.errors import ConfigurationError
from bot.logs import Logger
from bot.settings.values import Address
from bot.web import routes as limits
from bot.web.routes import NOTHING_BYTES, Response, Route, application

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@dataclass
class Server:
    """Serves `application` with `threads` threads. Accepts a body of up to `body_bytes` bytes."""

    application: WSGIApplication
    address: Address
    """The address it listens on. After the start it has the port that the system chose for port 0."""
    _: KW_ONLY
    threads: int
    body_bytes: int
    _server: Any = None

    def start(self) -> None:
        """Listens. OSError if the address cannot be listened on."""
        family = socket.AF_INET6 if ":" in self.address.host else socket.AF_INET
        listener = socket.create_server((self.address.host, self.address.port), family=family, backlog=limits.BACKLOG)
        host, port = listener.getsockname()[:2]
        self.address = Address(host, port)
        adjustments = Adjustments(
            host=host,
            port=port,
            threads=self.threads,
            ident=None,
            max_request_body_size=self.body_bytes + 1,  # it refuses what reaches this
            max_request_header_size=limits.HEADER_BYTES,
            inbuf_overflow=2 * self.body_bytes + limits.HEADER_BYTES,
            connection_limit=min(limits.CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2),
            backlog=limits.BACKLOG,
            channel_timeout=limits.REQUEST_SECONDS,
            cleanup_interval=limits.CLEANUP_SECONDS,
            asyncore_use_poll=True,  # select() fails permanently once a file's number is above 1023
            log_socket_errors=False,  # with a traceback for each client that hangs up
        )
        # Bound here, and not by `create_server`: where the address is taken that leaves threads and pipes behind.
        self._server = _Server(self.application, {}, _sock=listener, bind_socket=False, adj=adjustments)
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops listening. Requests in progress have five seconds to finish; every other connection is closed."""
        if self._server is None:
            return
        wasyncore.dispatcher.close(self._server)
        self._server.task_dispatcher.shutdown(timeout=limits.ENDING_SECONDS)
        if self._thread.is_alive():
            with suppress(OSError):
                # In the loop's own thread, which would see only with its next turn that it has nothing left to serve.
                self._server.trigger.pull_trigger(self._close_all)
        self._thread.join(limits.ENDING_SECONDS)
        self._close_all()

    def _close_all(self) -> None:
        with suppress(OSError):
            wasyncore.close_all(self._server._map, ignore_all=True)  # noqa: SLF001 - nothing else closes connections


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection with a time limit that starts at a request's first byte, so that a slow sender cannot keep it."""

    _begun = 0.0

    def received(self, data: bytes) -> Any:
        if self.request is None:
            self._begun = time.time()
        self.last_activity = self._begun
        return super().received(data)


class _Server(TcpWSGIServer):  # type: ignore[misc]
    channel_class = _Channel


# Where strangers' requests come in: the routes that parts of the bot have registered, on one port.


EVERYWHERE = "0.0.0.0"  # noqa: S104 - requests come from outside, by way of a TLS front
LOOPBACK = "127.0.0.1"
THREADS = 16
_log = Logger(__name__)


class PublicServer(Server):
    """Serves `routes`; without routes it does not listen."""

    def __init__(self, routes: Sequence[Route], port: int, host: str = EVERYWHERE) -> None:
        self._paths = [route.path for route in routes]
        largest = max((route.body_bytes for route in routes), default=0)
        super().__init__(application(routes), Address(host, port), threads=THREADS, body_bytes=largest)

    def start(self) -> None:
        """Listens. ConfigurationError if the port is taken."""
        if not self._paths:
            return
        try:
            super().start()
        except OSError:
            raise ConfigurationError(
                f"Port {self.address.port} cannot be listened on: it is in use, or not allowed. "
                "Set BOT_PORT to another."
            ) from None
        _log.info("serving requests from outside", address=str(self.address), paths=self._paths)


# `/healthz` (the process answers), `/readyz` (it can work) and `/metrics`, on an address of their own. They need no
# authentication and are called all the time. A separate address keeps a flood of outside requests from silencing
# them, and the other way round.

HEALTH_THREADS = 4
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class HealthServer(Server):
    """The pages of one process. `missing` gives a sentence for each thing that keeps the process from working,
    `waiting` one for each part that waits while the others work, `metrics` the numbers.
    """

    def __init__(
        self, address: Address, missing: Callable[[], Sequence[str]], metrics: Callable[[], str],
        waiting: Callable[[], Sequence[str]] = tuple,
    ) -> None:  # fmt: skip
        pages = application(health_routes(missing, metrics, waiting))
        super().__init__(pages, address, threads=HEALTH_THREADS, body_bytes=NOTHING_BYTES)

    def start(self) -> None:
        """Listens. If the address is taken, the server logs it and the process works on: incidents come first."""
        try:
            super().start()
        except OSError as error:
            _log.error(
                "health and metrics are not served: the address cannot be listened on; set BOT_HEALTH_ADDRESS",
                address=str(self.address),
                cause=error.strerror or "no such host",
            )
        else:
            _log.info("serving health and metrics", address=str(self.address))


def health_routes(
    missing: Callable[[], Sequence[str]], metrics: Callable[[], str], waiting: Callable[[], Sequence[str]] = tuple
) -> list[Route]:
    return [
        Route("/healthz", lambda _: Response(200, "ok\n")),
        Route("/readyz", lambda _: _ready(missing(), waiting())),
        Route("/metrics", lambda _: Response(200, metrics(), PROMETHEUS)),
    ]


def _ready(missing: Sequence[str], waiting: Sequence[str]) -> Response:
    """Says what waits, but stays ready: declarations must not wait for planned rotations."""
    if missing:
        return Response(503, "\n".join([*missing, *waiting]) + "\n")
    return Response(200, "\n".join(["ready", *waiting]) + "\n")
