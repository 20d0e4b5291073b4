"""A fake for Upstash: its developer API, and a gate before a real Valkey server that speaks Upstash's ACL.

The gate answers ACL GENTOKEN, accepts only passwords that it made, and leaves the default user alone, as
Upstash's pages of these commands say. Open connections survive a reset of the password, which is not documented.
"""

from __future__ import annotations

import base64
import contextlib
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request

from bot.drill.fakes.control import control
from bot.drill.fakes.faults import Faults, FaultyApplication
from bot.drill.fakes.serving import LOOPBACK

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPERATIONS = ("create", "revoke", "get")
SPECIAL = {
    "revoke-ignored": "a password is reset, or a user deleted, without effect",
    "reset-unchanged": "the reset answers with the password that there was",
}
BASE = "/v2"
PIECE = 65_536
RIGHTS = ("~*", "&*", "+@all")
Run = Callable[..., object]


@dataclass
class Database:
    """`run` carries out a command at the server as its administrator."""

    id: str
    port: int
    run: Run = field(repr=False)
    gate: Gate
    password: str = field(repr=False, default="")
    rest_tokens: tuple[str, str] = field(repr=False, default=("", ""))


class FakeUpstash:
    """Serve `application`; the base URL is the server's plus ``/v2``. Databases have ports of their own."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.faults = Faults(OPERATIONS, SPECIAL)
        self.admin = f"ops@example.com:{secrets.token_hex(18)}"
        self._databases: dict[str, Database] = {}
        self.flask = _routes(self)
        self.application = FaultyApplication(self.flask, self.faults, operation_of)

    def add_database(self, database: str, server_port: int, run: Run) -> Database:
        """A database at the server of this port, which should be a fresh one: its default user gets a password."""
        gate = Gate(server_port, self.faults)
        made = Database(database, gate.port, run, gate)
        self._databases[database] = made
        self.reset(made)
        return made

    def delete_database(self, database: Database) -> None:
        """Ends a database and its users."""
        del self._databases[database.id]
        database.gate.stop()

    def reset(self, database: Database) -> None:
        database.password = secrets.token_hex(20)
        database.rest_tokens = (secrets.token_urlsafe(40), secrets.token_urlsafe(40))
        database.run("ACL", "SETUSER", "default", "reset", "on", f">{database.password}", *RIGHTS)
        database.run("ACL", "SETUSER", "default_ro", "reset", "on", f">{secrets.token_hex(20)}", "~*", "+@read")

    def add_user(self, database: Database, name: str) -> str:
        """A user that was made by ACL before; gives its URL."""
        token = database.gate.token(name)
        database.run("ACL", "SETUSER", name, "reset", "on", f">{token}", *RIGHTS)
        return self.url(database, name, token)

    def url(self, database: Database, user: str = "default", password: str = "") -> str:
        return f"redis://{user}:{password or database.password}@{LOOPBACK}:{database.port}"

    def find(self, database: str) -> Database | None:
        return self._databases.get(database)

    def is_admin(self, authorization: str) -> bool:
        return authorization == "Basic " + base64.b64encode(self.admin.encode()).decode()

    def stop(self) -> None:
        for database in self._databases.values():
            database.gate.stop()


def operation_of(environ: WSGIEnvironment) -> str:
    return "revoke" if environ["REQUEST_METHOD"] == "POST" else "get"


def _routes(world: FakeUpstash) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(control(world.faults, list))

    @app.before_request
    def authenticate() -> tuple[Response, int] | None:
        if request.path.startswith("/_fake/") or world.is_admin(request.headers.get("Authorization", "")):
            return None
        return jsonify(error="Unauthorized"), 401

    @app.get(f"{BASE}/redis/database/<id>")
    def get(**named: str) -> tuple[Response, int]:
        database = world.find(named["id"])
        return (jsonify(error="not found"), 404) if database is None else (jsonify(_shown(database)), 200)

    @app.post(f"{BASE}/redis/reset-password/<id>")
    def reset_password(**named: str) -> tuple[Response, int]:
        database = world.find(named["id"])
        if database is None:
            return jsonify(error="not found"), 404
        shown = _shown(database)
        if world.faults.take("revoke-ignored"):
            return jsonify(shown | {"password": secrets.token_hex(20)}), 200
        if world.faults.take("reset-unchanged"):
            return jsonify(shown), 200
        world.reset(database)
        return jsonify(_shown(database)), 200

    return app


def _shown(database: Database) -> dict[str, object]:
    return {
        "database_id": database.id,
        "database_name": database.id,
        "region": "global",
        "port": database.port,
        "creation_time": 1_752_649_602,
        "state": "active",
        "endpoint": LOOPBACK,
        "tls": False,
        "password": database.password,
        "rest_token": database.rest_tokens[0],
        "read_only_rest_token": database.rest_tokens[1],
    }


class Gate:
    """A TCP server before a Valkey server. Commands pass unchanged, except the ones that Upstash
    handles differently.
    """

    def __init__(self, server_port: int, faults: Faults) -> None:
        self._server_port = server_port
        self._faults = faults
        self._tokens: set[str] = set()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def token(self, user: str) -> str:
        token = base64.b64encode(f"{user}:{secrets.token_hex(24)}".encode()).decode()
        self._tokens.add(token)
        return token

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for connection in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                connection.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection((LOOPBACK, self._server_port))
            except OSError:
                return
            self._open += [client, server]
            silent = threading.Event()
            threading.Thread(target=self._pass_on, args=(client, server, silent), daemon=True).start()
            threading.Thread(target=self._pass_back, args=(server, client, silent), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket, silent: threading.Event) -> None:
        """Each command is read whole; one that is answered here never reaches the server."""
        with contextlib.suppress(OSError, ValueError), client.makefile("rb") as lines:
            while head := lines.readline():
                words = []
                for _ in range(int(head[1:])):
                    length = int(lines.readline()[1:])
                    words.append(lines.read(length + 2)[:-2].decode())
                reply = self._answer(words)
                if reply is None:
                    server.sendall(_command(words))
                elif reply:
                    client.sendall(reply)
                else:
                    silent.set()
                    server.sendall(_command(words))  # it is carried out without an answer
                    return
        _hang_up(client, server)

    def _pass_back(self, server: socket.socket, client: socket.socket, silent: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while (piece := server.recv(PIECE)) and not silent.is_set():
                client.sendall(piece)
        _hang_up(client, server)

    def _answer(self, words: list[str]) -> bytes | None:
        """The gate's own answer; None passes the command on, nothing cuts the connection once it was passed on."""
        if [word.upper() for word in words[:1]] != ["ACL"]:
            return None
        user = words[2] if len(words) > 2 else ""
        match words[1].upper():
            case "GENTOKEN":
                token = self.token(user)
                return f"${len(token)}\r\n{token}\r\n".encode()
            case "SETUSER" if user in {"default", "default_ro"}:
                return b"-ERR the default user cannot be modified\r\n"
            case "SETUSER":
                return self._create(words[3:])
            case "DELUSER" if self._faults.take("revoke-ignored"):
                return b":1\r\n"
            case _:
                return None

    def _create(self, rules: list[str]) -> bytes | None:
        if any(rule.startswith("#") or (rule.startswith(">") and rule[1:] not in self._tokens) for rule in rules):
            return b"-ERR passwords must be generated with ACL GENTOKEN\r\n"
        match self._faults.effect("create"):
            case None:
                return None
            case "reset" | "timeout":
                return b""
            case _:
                return b"-ERR internal error\r\n"


def _command(words: list[str]) -> bytes:
    parts = b"".join(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words)
    return b"*%d\r\n%s" % (len(words), parts)


def _hang_up(*connections: socket.socket) -> None:
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
