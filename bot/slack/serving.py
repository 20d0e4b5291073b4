"""Slack's requests over HTTP: a server for `POST /slack/events` and nothing else."""

from __future__ import annotations

import structlog
from flask import Flask

from bot.errors import ConfigurationError, OutsideError
from bot.settings.values import Address
from bot.slack.guard import BODY_BYTES
from bot.slack.team import OwnTeam
from bot.slack.upkeep import Pauses, Upkeep
from bot.web import Server

HOST = "0.0.0.0"  # noqa: S104 - Slack comes from outside, by way of a TLS front
THREADS = 16
ENDING_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class Ingress:
    """Serves `flask` on `port`, and asks Slack meanwhile for the team whose requests are let in."""

    def __init__(self, flask: Flask, port: int, team: OwnTeam, host: str = HOST) -> None:
        self._port = port
        self._team = team
        self._pauses = Pauses()
        self._upkeep = Upkeep("slack", self.look)
        self._server = Server(flask, Address(host, port), threads=THREADS, body_bytes=BODY_BYTES)

    def start(self) -> None:
        """Listens, and waits for nothing of Slack's. ConfigurationError if the port is taken."""
        try:
            self._server.start()
        except OSError:
            raise ConfigurationError(
                f"Port {self._port} cannot be listened on: it is in use, or not allowed. Set BOT_PORT to another."
            ) from None
        self._upkeep.start()
        _log.info("serving Slack's requests", address=str(self._server.address))

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self._server.address

    def stop(self) -> None:
        """Stops listening; requests that are being answered are finished."""
        self._server.stop()
        self._upkeep.stop(ENDING_SECONDS)

    def missing(self) -> list[str]:
        """Why requests are not let in, in a sentence; nothing while they are."""
        return [self._team.trouble] if self._team.trouble else []

    def look(self) -> float | None:
        """Asks for the team once; gives the seconds until the next attempt, None once it is known."""
        try:
            self._team.learn()
        except OutsideError as error:
            return self._pauses.after(error)
        return None
