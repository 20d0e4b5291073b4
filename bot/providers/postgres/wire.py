"""One connection to a PostgreSQL server, in its own protocol (version 3.0, "Frontend/Backend Protocol").

A driver would be enough for the statements, but not for the probe. libpq gives a refused login as text in the server's
language, without its SQLSTATE and without saying whether the password had been accepted; the proof needs both. This
module also reads nothing from the environment (PGHOST, PGSERVICE, ~/.pgpass). It sends a password only as the proof of
SCRAM or the digest of MD5; a server that requests clear text does not get it.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from bot.providers.postgres.scram import MECHANISM, Exchange, NotScram
from bot.secrets.secret import Secret

PROTOCOL, TLS_REQUEST = 196608, 80877103
LARGEST_MESSAGE = 1024 * 1024
PIECE = 16 * 1024
OK, CLEAR_TEXT, MD5, SASL, SASL_CONTINUE, SASL_FINAL = 0, 3, 5, 10, 11, 12
CHECKED = frozenset({"verify-ca", "verify-full"})
OWN_AGENT = "compromise-bot"
"""The name under which the server lists the bot's sessions (application_name)."""
SSL_MODES = ("disable", "allow", "prefer", "require", *sorted(CHECKED))

Row = tuple[str | None, ...]


class Declined(Exception):
    """The server said no. `state` is its SQLSTATE; `authenticated`: it had accepted the password by then."""

    def __init__(self, state: str, *, authenticated: bool) -> None:
        super().__init__(state)
        self.state = state
        self.authenticated = authenticated


class Broken(Exception):
    """No usable answer. The text is our own words, without any value."""


@dataclass(frozen=True)
class Login:
    """Whom to be, where. `ca_file` is a PEM file of our own for servers that no public authority vouches for."""

    host: str
    port: int
    user: str
    password: Secret
    database: str
    ssl_mode: str = "prefer"
    ca_file: str = ""


class Wire:
    """A connection that has been authenticated. `query` raises Declined or Broken."""

    def __init__(self, connection: socket.socket, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        self._buffer = bytearray()
        self._authenticated = False
        self.backend_pid = ""
        """The number of the session, from the server or pooler that accepted the login; a pooler invents one."""
        self._limit = time.monotonic() + timeout

    def query(self, statement: str) -> list[Row]:
        """The rows of one statement, values as text."""
        self._limit = time.monotonic() + self._timeout
        self._send(b"Q", statement.encode() + b"\0")
        rows: list[Row] = []
        for kind, body in self._until_ready():
            if kind == b"D":
                rows.append(_row(body))
        return rows

    def start(self, login: Login) -> None:
        """From the first message until the server is ready for statements."""
        words = ("user", login.user, "database", login.database, "application_name", OWN_AGENT)
        body = struct.pack("!i", PROTOCOL) + b"".join(word.encode() + b"\0" for word in words) + b"\0"
        self._write(struct.pack("!i", len(body) + 4) + body)
        exchange, proven = Exchange(login.password), False
        for kind, message in self._until_ready():
            if kind == b"K":
                self.backend_pid = str(int.from_bytes(message[:4]))
            if kind != b"R":
                continue
            try:
                code, rest = struct.unpack("!i", message[:4])[0], message[4:]
                if code == OK:
                    if not proven:
                        raise Broken("the server asks for no proof of the password")
                    self._authenticated = True
                else:
                    proven = self._authenticate(code, rest, login, exchange)
            except (struct.error, NotScram):
                raise Broken("the server does not show that it knows the password") from None

    def _authenticate(self, code: int, rest: bytes, login: Login, exchange: Exchange) -> bool:
        """Answers one challenge; whether nothing more is owed before the server may say that all is well."""
        match code:
            case _ if code == SASL and MECHANISM in rest.split(b"\0"):
                first = exchange.first()
                self._send(b"p", MECHANISM + b"\0" + struct.pack("!i", len(first)) + first)
            case _ if code == SASL_CONTINUE:
                self._send(b"p", exchange.answer(rest))
            case _ if code == SASL_FINAL:
                exchange.check(rest)
                return True
            case _ if code == MD5:
                self._send(b"p", _md5(login, rest) + b"\0")
                return True
            case _ if code == CLEAR_TEXT:
                raise Broken("the server asks for the password in clear text, which is not sent")
            case _:
                raise Broken("the server asks for a login that is not by password")
        return False

    def _until_ready(self) -> Iterator[tuple[bytes, bytes]]:
        """Messages until the server waits for us; Declined for the first error among them."""
        declined: Declined | None = None
        while True:
            kind, body = self._receive()
            if kind == b"E":
                state, fatal = _state(body)
                declined = declined or Declined(state, authenticated=self._authenticated)
                if fatal or not self._authenticated:
                    raise declined  # the server hangs up after it
            elif kind == b"Z":
                if not self._authenticated:
                    raise Broken("an answer that is not PostgreSQL")
                if declined is not None:
                    raise declined
                return
            else:
                yield kind, body

    def _send(self, kind: bytes, body: bytes) -> None:
        self._write(kind + struct.pack("!i", len(body) + 4) + body)

    def _write(self, data: bytes) -> None:
        self._connection.settimeout(self._left())
        self._connection.sendall(data)

    def _receive(self) -> tuple[bytes, bytes]:
        kind, length = struct.unpack("!ci", self._exactly(5))
        if not 4 <= length <= LARGEST_MESSAGE or not kind.isalpha():
            raise Broken("an answer that is not PostgreSQL")
        return kind, self._exactly(length - 4)

    def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._connection.settimeout(self._left())
            piece = self._connection.recv(PIECE)
            if not piece:
                raise Broken("the connection failed or was cut")
            self._buffer += piece
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _left(self) -> float:
        left = self._limit - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def close(self) -> None:
        with suppress(OSError):
            self._connection.sendall(b"X" + struct.pack("!i", 4))
        self._connection.close()


@contextmanager
def connected(login: Login, timeout: float) -> Iterator[Wire]:
    """A fresh connection, authenticated, for the length of a `with`; `timeout` in seconds, for the login and for each
    statement. Raises Declined or Broken, here and in the block.
    """
    try:
        connection = _open(login, timeout)
        wire = Wire(connection, timeout)
        try:
            wire.start(login)
            yield wire
        finally:
            wire.close()
    except TimeoutError:
        raise Broken("no answer in time") from None
    except ssl.SSLError:
        raise Broken("no trustworthy TLS connection") from None
    except (OSError, UnicodeError):
        raise Broken("the connection failed or was cut") from None


def _open(login: Login, timeout: float) -> socket.socket:
    connection = socket.create_connection((login.host, login.port), timeout)
    try:
        return connection if login.ssl_mode == "disable" else _encrypted(connection, login)
    except BaseException:
        connection.close()
        raise


def _encrypted(connection: socket.socket, login: Login) -> socket.socket:
    connection.sendall(struct.pack("!ii", 8, TLS_REQUEST))
    match connection.recv(1):
        case b"S":
            return _context(login).wrap_socket(connection, server_hostname=login.host)
        case b"N" if login.ssl_mode in {"allow", "prefer"}:
            return connection
        case b"N":
            raise Broken("the server offers no TLS")
        case _:
            raise Broken("an answer that is not PostgreSQL")


def _context(login: Login) -> ssl.SSLContext:
    """As libpq does it: only the modes called verify look at the certificate."""
    context = ssl.create_default_context(cafile=login.ca_file or None)
    context.check_hostname = login.ssl_mode == "verify-full"
    if login.ssl_mode not in CHECKED and not login.ca_file:
        context.verify_mode = ssl.CERT_NONE
    return context


def _md5(login: Login, salt: bytes) -> bytes:
    """The login of roles whose password was stored before SCRAM, which PostgreSQL 10 introduced."""
    inner = hashlib.md5(f"{login.password.reveal()}{login.user}".encode()).hexdigest()  # noqa: S324 - their protocol
    return b"md5" + hashlib.md5(inner.encode() + salt).hexdigest().encode()  # noqa: S324 - the same


def _state(body: bytes) -> tuple[str, bool]:
    """The SQLSTATE of an error, and whether it ends the session."""
    fields = {part[:1]: part[1:] for part in body.split(b"\0") if part}
    state = fields.get(b"C", b"").decode("ascii", "replace")
    well_formed = len(state) == 5 and state.isascii() and state.isalnum()
    return state if well_formed else "unknown", fields.get(b"V") in {b"FATAL", b"PANIC"}


def _row(body: bytes) -> Row:
    try:
        (count,), place = struct.unpack_from("!h", body), 2
        values: list[str | None] = []
        for _ in range(count):
            (length,), place = struct.unpack_from("!i", body, place), place + 4
            values.append(None if length < 0 else body[place : place + length].decode())
            place += max(length, 0)
    except (struct.error, UnicodeDecodeError):
        raise Broken("an answer that is not PostgreSQL") from None
    return tuple(values)
