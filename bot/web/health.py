"""`/healthz` (the process answers), `/readyz` (it can work) and `/metrics`, on an address of their own.

They ask nobody who they are and are asked for the whole time, so they stand apart from where requests from outside come
in: what floods one does not silence the other.
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
    """The pages of one process. `missing` says in sentences what keeps it from working, `waiting` which part of its
    work waits while it can do the rest, `metrics` has the numbers.
    """

    def __init__(
        self, address: Address, missing: Callable[[], Sequence[str]], metrics: Callable[[], str],
        waiting: Callable[[], Sequence[str]] = tuple,
    ) -> None:  # fmt: skip
        pages = application(health_routes(missing, metrics, waiting))
        super().__init__(pages, address, threads=THREADS, body_bytes=NOTHING_BYTES)

    def start(self) -> None:
        """Listens. An address that is taken is logged, and no reason not to work: incidents come first."""
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
    """What waits is said, and is no reason to send nobody here: declarations must not wait for planned rotations."""
    if missing:
        return Response(503, "\n".join([*missing, *waiting]) + "\n")
    return Response(200, "\n".join(["ready", *waiting]) + "\n")
