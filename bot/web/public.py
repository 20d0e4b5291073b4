"""Where strangers' requests come in: the routes that parts of the bot have registered, on one port."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import ConfigurationError
from bot.logs import Logger
from bot.variables.values import Address
from bot.web.routes import Route, application
from bot.web.server import Server

EVERYWHERE = "0.0.0.0"  # noqa: S104 - requests come from outside, by way of a TLS front
LOOPBACK = "127.0.0.1"
THREADS = 16
_log = Logger(__name__)


class PublicServer:
    """Serves `routes`; listens for nothing where there is none."""

    def __init__(self, routes: Sequence[Route], port: int, host: str = EVERYWHERE) -> None:
        self._port = port
        self._paths = [route.path for route in routes]
        largest = max((route.body_bytes for route in routes), default=0)
        self._server = Server(application(routes), Address(host, port), threads=THREADS, body_bytes=largest)

    def start(self) -> None:
        """Listens. ConfigurationError if the port is taken."""
        if not self._paths:
            return
        try:
            self._server.start()
        except OSError:
            raise ConfigurationError(
                f"Port {self._port} cannot be listened on: it is in use, or not allowed. Set BOT_PORT to another."
            ) from None
        _log.info("serving requests from outside", address=str(self._server.address), paths=self._paths)

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self._server.address

    def stop(self) -> None:
        """Stops listening; requests that are being answered are finished."""
        if self._paths:
            self._server.stop()
