"""The far end of Socket Mode on loopback: a small WebSocket server. Source: RFC 6455."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import queue
import socket
import struct
import threading

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE = 0x1, 0x8


class FakeSocket:
    """Takes connections from `start` on. `answers` are the messages that came in, `opened` counts connections."""

    def __init__(self) -> None:
        self.opened = 0
        self.answers = queue.Queue()
        self.greeting = [{"type": "hello"}]
        self.changed = threading.Condition()
        self._connections = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self._listener.getsockname()[1]}/link/?ticket=practice-ticket"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def send(self, message):
        """Sends a message over the newest connection."""
        self._connections[-1].sendall(frame(TEXT, json.dumps(message).encode()))

    def close(self):
        """Ends the newest connection as the protocol has it."""
        self._connections[-1].sendall(frame(CLOSE, struct.pack("!H", 1000)))

    def cut(self):
        """Ends the newest connection without a word."""
        self._connections[-1].shutdown(socket.SHUT_RDWR)

    def await_opened(self, count, seconds=60.0):
        with self.changed:
            assert self.changed.wait_for(lambda: self.opened >= count, seconds), f"{self.opened} connections"

    def stop(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            lines = connection.makefile("rb")
            headers = {}
            while (line := lines.readline().strip()) or not headers:
                name, _, value = line.partition(b":")
                headers[name.strip().lower()] = value.strip()
            if b"sec-websocket-key" not in headers:
                return
            accepted = base64.b64encode(hashlib.sha1(headers[b"sec-websocket-key"] + GUID).digest())
            connection.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: %s\r\n\r\n" % accepted
            )
            for message in self.greeting:
                connection.sendall(frame(TEXT, json.dumps(message).encode()))
            with self.changed:
                self._connections.append(connection)
                self.opened += 1
                self.changed.notify_all()
            while (received := read_frame(lines)) is not None:
                opcode, data = received
                if opcode == TEXT:
                    self.answers.put(json.loads(data))


def frame(opcode, data):
    """A whole message from a server, which is not masked; at most 64 KiB."""
    length = bytes([len(data)]) if len(data) < 126 else struct.pack("!BH", 126, len(data))
    return bytes([0x80 | opcode]) + length + data


def read_frame(lines):
    """The next message from a client: its opcode and data. None at the end."""
    head = lines.read(2)
    if len(head) < 2:
        return None
    length = head[1] & 0x7F
    if length >= 126:
        length = struct.unpack("!H" if length == 126 else "!Q", lines.read(2 if length == 126 else 8))[0]
    mask, data = lines.read(4), lines.read(length)
    return head[0] & 0x0F, bytes(byte ^ mask[n % 4] for n, byte in enumerate(data))
