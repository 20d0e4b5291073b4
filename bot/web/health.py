"""`/healthz` (the process answers), `/readyz` (it can work) and `/metrics`, on an address of their own.

They need no authentication and are called all the time. A separate address keeps a flood of outside requests from
silencing them, and the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.logs import Logger
from bot.settings.values import Address
from bot.web.routes import NOTHING_BYTES, Response, Route, application
from bot.web.server import Server

THREADS = 4
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_log = Logger(__name__)


class HealthServer(Server):
    """The pages of one process. `missing` gives a sentence for each thing that keeps the process from working,
    `waiting` one for each part that waits while the others work, `metrics` the numbers.
    """

    def __init__(
        self, address: Address, missing: Callable[[], Sequence[str]], metrics: Callable[[], str],
        waiting: Callable[[], Sequence[str]] = tuple,
    ) -> None:  # fmt: skip
        pages = application(health_routes(missing, metrics, waiting))
        super().__init__(pages, address, threads=THREADS, body_bytes=NOTHING_BYTES)

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
