"""Slack's side as something that starts and stops: an HTTP server, or a Socket Mode connection beside one.

The server is there in both cases: Socket Mode brings no requests to it, but `/healthz`, `/readyz` and `/metrics` stay.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog
from flask import Flask

from bot.errors import ConfigurationError

if TYPE_CHECKING:
    from slack_bolt.adapter.socket_mode import SocketModeHandler

HOST = "0.0.0.0"  # noqa: S104 - a container's health check and Slack come from outside
THREADS = 16
_log = structlog.get_logger(__name__)


class Front:
    """Serves `flask` on `port` under waitress, with a Socket Mode connection if one is given."""

    def __init__(self, flask: Flask, port: int, socket: SocketModeHandler | None = None, host: str = HOST) -> None:
        self._flask = flask
        self._port = port
        self._socket = socket
        self._host = host

    def start(self) -> None:
        """Listens. ConfigurationError if the port is taken."""
        from waitress.server import create_server  # type: ignore[import-untyped]  # noqa: PLC0415 - only a serving process needs it

        try:
            self._server = create_server(self._flask, host=self._host, port=self._port, threads=THREADS, ident=None)
        except OSError:
            raise ConfigurationError(
                f"Port {self._port} cannot be listened on: it is in use, or not allowed. Set BOT_PORT to another."
            ) from None
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)
        self._thread.start()
        if self._socket is not None:
            self._socket.connect()  # type: ignore[no-untyped-call]
        _log.info("serving", port=self._port, socket_mode=self._socket is not None)

    def stop(self) -> None:
        """Stops listening; requests that are being answered are finished."""
        if self._socket is not None:
            self._socket.close()  # type: ignore[no-untyped-call]
        self._server.close()
        self._thread.join(5)
