"""`/healthz` (the process answers), `/readyz` (it can work) and `/metrics`, on an address of their own.

They ask nobody who they are and are asked for the whole time, so they stand apart from where Slack's requests come in:
what floods one does not silence the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import structlog

from bot.metrics import Metrics
from bot.settings.values import Address
from bot.web import Server
from bot.workflow.health import Checkup

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 4
BODY_BYTES = 1024
"""Nobody has to send anything."""
TEXT = "text/plain; charset=utf-8"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_log = structlog.get_logger(__name__)

type _Page = tuple[str, str, str]
"""Status, content type, text."""


class HealthPage:
    """The pages of one process. `checkup` says what is missing, `metrics` has the numbers."""

    def __init__(self, address: Address, checkup: Checkup, metrics: Metrics) -> None:
        self._server = Server(health_pages(checkup, metrics), address, threads=THREADS, body_bytes=BODY_BYTES)
        self._listens = False

    def start(self) -> None:
        """Listens. An address that is taken is logged, and no reason not to work: incidents come first."""
        try:
            self._server.start()
        except OSError as error:
            _log.error(
                "health and metrics are not served: the address cannot be listened on; set BOT_HEALTH_ADDRESS",
                address=str(self.address),
                cause=error.strerror or "no such host",
            )
            return
        self._listens = True
        _log.info("serving health and metrics", address=str(self.address))

    @property
    def address(self) -> Address:
        """Where it listens; where it should, if it does not."""
        return self._server.address

    def stop(self) -> None:
        if self._listens:
            self._server.stop()


def health_pages(checkup: Checkup, metrics: Metrics) -> WSGIApplication:
    """The pages as a WSGI application."""
    pages: dict[str, Callable[[], _Page]] = {
        "/healthz": lambda: ("200 OK", TEXT, "ok\n"),
        "/readyz": lambda: _ready(checkup.missing()),
        "/metrics": lambda: ("200 OK", PROMETHEUS, metrics.text()),
    }

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        page = pages.get(environ["PATH_INFO"], lambda: ("404 Not Found", TEXT, "There is nothing here.\n"))
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            page = _refused
        try:
            status, kind, text = page()
        except Exception as error:  # noqa: BLE001 - the last net: a traceback must not be what answers
            _log.error("health page failed", error=type(error).__name__)
            status, kind, text = "500 Internal Server Error", TEXT, "This could not be done.\n"
        body = text.encode()
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body if environ["REQUEST_METHOD"] != "HEAD" else b""]

    return application


def _ready(missing: list[str]) -> _Page:
    if missing:
        return "503 Service Unavailable", TEXT, "\n".join(missing) + "\n"
    return "200 OK", TEXT, "ready\n"


def _refused() -> _Page:
    return "405 Method Not Allowed", TEXT, "Only GET is answered here.\n"
