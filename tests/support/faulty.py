"""What lies outside and does wrong: a listener that should hear nothing, a server that points elsewhere."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from flask import Flask, Response, request

from bot.drill.fakes.serving import LOOPBACK, Served


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


class Gate:
    """A TCP door before a server on loopback, to be closed in one way or another; `close(how, times)`, `open()`.

    ============ ==========================================================
    refused      nobody listens, and what is open is cut
    cut          connections are taken and cut at the first word
    reset        what is asked is passed on, and no answer comes back
    silence      nothing is passed on, and no answer comes
    html         everything is answered with a page
    ============ ==========================================================
    """

    HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<!doctype html>"

    def __init__(self, port: int) -> None:
        self._target = port
        self._how, self._left = "", 0
        self._lock = threading.Lock()
        self._held: list[socket.socket] = []
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self._listen()

    def close(self, how: str, times: int | None = None) -> None:
        """From the next connection on, for `times` of them or until it is opened."""
        with self._lock:
            self._how, self._left = how, times if times is not None else 1 << 30
        if how == "refused":
            self._unlisten()
            for connection in self._open.copy():  # clients keep them for what they ask next
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def open(self) -> None:
        with self._lock:
            was, self._how = self._how, ""
        if was == "refused":
            self._listener = socket.create_server((LOOPBACK, self.port))
            self._listen()

    def stop(self) -> None:
        self._unlisten()
        for connection in self._held:
            connection.close()

    def _listen(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _unlisten(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with self._lock:
                    how = self._how if self._left > 0 else ""
                    self._left -= 1 if how else 0
                threading.Thread(target=self._converse, args=(connection, how), daemon=True).start()

    def _converse(self, connection: socket.socket, how: str) -> None:
        with contextlib.suppress(OSError):
            if how == "silence":
                self._held.append(connection)
                return
            if how == "html":
                connection.recv(4096)
                connection.sendall(self.HTML)
            elif how != "cut":
                self._open.add(connection)
                self._relay(connection, answered=how != "reset")
            self._open.discard(connection)
            connection.close()

    def _relay(self, connection: socket.socket, *, answered: bool) -> None:
        with socket.create_connection((LOOPBACK, self._target)) as behind:
            back = threading.Thread(target=_pump, args=(behind, connection if answered else None), daemon=True)
            back.start()
            _pump(connection, behind, words=None if answered else 1)
            with contextlib.suppress(OSError):
                behind.shutdown(socket.SHUT_RDWR)
            back.join(5)


def _pump(source: socket.socket, target: socket.socket | None, words: int | None = None) -> None:
    """Passes on what comes, all of it or so many pieces; to nowhere without a target."""
    with contextlib.suppress(OSError):
        while words is None or words > 0:
            piece = source.recv(65536)
            if not piece:
                break
            if target is not None:
                target.sendall(piece)
            words = None if words is None else words - 1
    if target is not None:
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
