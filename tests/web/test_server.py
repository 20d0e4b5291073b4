"""The server's limits, over real sockets."""

import contextlib
import socket
import tempfile
import time

import pytest
import requests

from bot.settings.values import Address
from bot.web import Server
from bot.web import routes as limits
from bot.web.routes import HEADER_BYTES
from tests.support.machine import overloaded

LIMIT = 256 * 1024
REQUEST = b"POST /x HTTP/1.1\r\nHost: bot\r\n"
FLOOD = 47 * 1024 * 1024


class Application:
    """Answers how many bytes it was sent; `served` counts requests."""

    def __init__(self) -> None:
        self.served = 0

    def __call__(self, environ, start_response):  # noqa: ANN204
        self.served += 1
        body = str(len(environ["wsgi.input"].read())).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def application():
    return Application()


@pytest.fixture
def server(application, spilled):
    made = Server(application, Address("127.0.0.1", 0), threads=4, body_bytes=LIMIT)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def spilled(monkeypatch):
    """What reached the disk: the temporary files that were made."""
    made, real = [], tempfile.TemporaryFile

    def temporary_file(*given, **more):
        made.append(given)
        return real(*given, **more)

    monkeypatch.setattr(tempfile, "TemporaryFile", temporary_file)
    return made


def connect(server):
    return socket.create_connection((server.address.host, server.address.port), timeout=10)


def status(connection):
    """The status of the answer; 0 where the connection was cut before it could be read."""
    try:
        line = connection.makefile("rb").readline()
    except ConnectionError:
        return 0
    return int(line.split()[1]) if line else 0


def pour(connection, pieces):
    """Sends pieces until there are no more or nobody takes them; gives how many bytes went out."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            connection.sendall(piece)
            sent += len(piece)
    return sent


def test_a_body_up_to_the_limit_is_let_in(server, spilled):
    url = f"http://{server.address}/x"
    assert requests.post(url, data=b"x" * LIMIT, timeout=5).text == str(LIMIT)
    assert requests.post(url, data=iter([b"x" * 1000] * 100), timeout=5).text == "100000"  # chunked
    assert spilled == []


def test_one_byte_more_is_not(server, application, spilled):
    assert requests.post(f"http://{server.address}/x", data=b"x" * (LIMIT + 1), timeout=5).status_code == 413
    assert (application.served, spilled) == (0, [])


def test_a_large_body_is_refused_by_what_it_announces(server, application, spilled):
    with connect(server) as connection:
        connection.sendall(REQUEST + b"Content-Length: %d\r\n\r\n" % FLOOD)
        assert status(connection) == 413
    with connect(server) as connection:
        connection.sendall(REQUEST + b"Content-Length: %d\r\n\r\n" % FLOOD)
        assert pour(connection, [b"x" * 65_536] * (FLOOD // 65_536)) < FLOOD
        assert status(connection) in {0, 413}
    assert (application.served, spilled) == (0, [])


def test_a_body_in_chunks_is_refused_when_it_grows_too_large(server, application, spilled):
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    with connect(server) as connection:
        connection.sendall(REQUEST + b"Transfer-Encoding: chunked\r\n\r\n")
        assert pour(connection, [piece] * (FLOOD // 65_536)) < FLOOD
        assert status(connection) in {0, 413}
    assert (application.served, spilled) == (0, [])


def test_a_chunk_that_announces_itself_for_ever_is_refused(server, application, spilled):
    with connect(server) as connection:
        connection.sendall(REQUEST + b"Transfer-Encoding: chunked\r\n\r\n")
        assert pour(connection, [b"0" * 65_536] * 64) < 64 * 65_536
        assert status(connection) in {0, 413}
    assert (application.served, spilled) == (0, [])


def test_large_headers_are_refused(server, application):
    with connect(server) as connection:
        connection.sendall(REQUEST + b"X: " + b"x" * HEADER_BYTES + b"\r\n\r\n")
        assert status(connection) == 431
    with connect(server) as connection:
        assert pour(connection, [b"x" * 65_536] * 256) < 256 * 65_536  # a header without an end
    assert application.served == 0


@pytest.mark.parametrize("begun", [b"", b"POST /x HT", REQUEST, REQUEST + b"Content-Length: 1000\r\n\r\nx"])
def test_many_connections_that_send_no_whole_request(server, begun):
    with contextlib.ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(connect(server)).sendall(begun)
        assert requests.get(f"http://{server.address}/", timeout=5).text == "0"


def test_a_request_that_drips_in_is_cut(application, monkeypatch):
    """By the time since its first byte, not since its last."""
    monkeypatch.setattr(limits, "REQUEST_SECONDS", 1)
    monkeypatch.setattr(limits, "CLEANUP_SECONDS", 1)
    server = Server(application, Address("127.0.0.1", 0), threads=1, body_bytes=LIMIT)
    server.start()
    with connect(server) as connection:
        connection.sendall(REQUEST)
        connection.settimeout(0.1)
        begun = time.monotonic()
        while time.monotonic() - begun < 10:
            with contextlib.suppress(TimeoutError):
                if not connection.recv(1):
                    break
            connection.sendall(b"x")
        assert time.monotonic() - begun < 6 or overloaded()
    server.stop()


def test_a_taken_address_is_an_error(server, application):
    with pytest.raises(OSError, match="in use"):
        Server(application, server.address, threads=1, body_bytes=LIMIT).start()


def test_ipv6(application):
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    server = Server(application, Address("::1", 0), threads=1, body_bytes=LIMIT)
    try:
        server.start()
    except OSError:
        pytest.skip("no IPv6 here")
    assert requests.get(f"http://{server.address}/", timeout=5).text == "0"
    server.stop()


def test_after_its_end_nobody_listens_and_nothing_stays_open(application):
    server = Server(application, Address("127.0.0.1", 0), threads=2, body_bytes=LIMIT)
    server.start()
    address = server.address
    with connect(server) as half_open:
        half_open.sendall(b"GET / HT")
        requests.get(f"http://{address}/", timeout=5)
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 5 or overloaded()
        assert half_open.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.host, address.port), timeout=5)
