"""A way to PostgreSQL that can be cut, and one that behaves like a connection pooler."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

LOOPBACK = "127.0.0.1"
KEY_DATA = b"K" + struct.pack("!I", 12)
"""How BackendKeyData begins. Source: PostgreSQL manual, frontend/backend protocol, message formats."""


class Proxy:
    """Listens on loopback and passes everything on to the server's Unix socket, until it is `cut`.

    `pooling`: gives each client a process id of its own making, by which a pooler can be told.
    """

    def __init__(self, socket_path: str, *, pooling: bool = False) -> None:
        self._path = socket_path
        self._pooling = pooling
        self._open = True
        self._pairs: list[socket.socket] = []
        self._lock = threading.Lock()
        self._server = socket.create_server((LOOPBACK, 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database: str) -> str:
        return f"postgresql://postgres@{LOOPBACK}:{self.port}/{database}"

    def cut(self) -> None:
        """Ends all connections, and ends every new one at once."""
        with self._lock:
            self._open = False
            pairs, self._pairs = self._pairs, []
        for each in pairs:
            _end(each)

    def mend(self) -> None:
        with self._lock:
            self._open = True

    def stop(self) -> None:
        self.cut()
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        with self._lock:
            if not self._open:
                _end(client)
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._path)
            self._pairs += [client, server]
        threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
        threading.Thread(target=self._pass, args=(server, client, self._pooling), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, renumber: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65_536):
                if renumber and (at := chunk.find(KEY_DATA)) >= 0:
                    own = struct.pack("!I", 4_000_000)
                    chunk, renumber = chunk[: at + 5] + own + chunk[at + 9 :], False
                sink.sendall(chunk)
        for each in (source, sink):
            _end(each)


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
