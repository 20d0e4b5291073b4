"""What lies outside and does wrong: a listener that should hear nothing, a server that points elsewhere."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from flask import Flask, Response, request

from bot.drill.standins.serving import LOOPBACK, Served


class Eavesdropper:
    """A socket on loopback that takes whatever is sent to it and answers 502. `heard` is one entry a connection."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._server = socket.create_server((LOOPBACK, 0))
        self.port = self._server.getsockname()[1]
        self.host = f"{LOOPBACK}:{self.port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(0.5)
                    self.heard.append(b"")  # a connection alone is too much
                    self.heard[-1] += connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@contextlib.contextmanager
def eavesdropper() -> Iterator[Eavesdropper]:
    made = Eavesdropper()
    try:
        yield made
    finally:
        made.stop()


class Pointer:
    """A server that answers everything with a redirect to `target`; `status` may be changed. It counts its requests."""

    def __init__(self, target: str) -> None:
        self.target, self.status, self.asked = target, 302, 0
        flask = Flask("pointer")
        for rule in ("/", "/<path:path>"):
            flask.add_url_rule(rule, rule, self._answer, methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
        self.served = Served(flask)
        self.url = self.served.url

    def _answer(self, path: str = "") -> Response:
        self.asked += 1
        request.get_data()
        return Response("", self.status, headers={"Location": f"{self.target}/{path}"})


@contextlib.contextmanager
def pointer(target: str) -> Iterator[Pointer]:
    made = Pointer(target)
    try:
        yield made
    finally:
        made.served.stop()
