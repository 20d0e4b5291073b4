"""The practice world's HTTP server: what a client does that breaks a conversation off."""

import socket
import struct
import threading

from bot.drill.fakes.serving import Served

RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing sends a reset at once."""


def test_an_answer_that_nobody_takes_ends_its_connection_without_a_word(capsys):
    """What was not sent is sent once more as the connection is closed, and fails there again."""
    asked, gone = threading.Event(), threading.Event()

    def application(environ, start_response):
        asked.set()
        gone.wait(10)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    before = set(threading.enumerate())
    with Served(application) as server:
        client = socket.create_connection(("127.0.0.1", server.port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert asked.wait(10)
        conversations = [each for each in set(threading.enumerate()) - before if "process_request_thread" in each.name]
        client.close()
        gone.set()
        for each in conversations:
            each.join(10)
    assert len(conversations) == 1
    assert capsys.readouterr().err == ""
