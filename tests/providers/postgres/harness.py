"""A real PostgreSQL server, and for its faults one that says a single thing."""

import atexit
import functools
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.drill.providers.postgres.server import PostgreSQL
from bot.providers import PROVIDERS
from bot.secrets.secret import Credential, Secret
from tests.providers.harness import TIMEOUT, Harness, patience, setup
from tests.support.scripted import Scripted

ROLES = ("app", "worker", "bot")
STRAY = "xC8v-Ek17-nT4q"


@functools.cache
def postgres_server() -> PostgreSQL:
    """One for the process, with the roles of `ROLES`; the bot's has what it needs and no more."""
    folder = Path(tempfile.mkdtemp(prefix="bot-pg-"))
    server = PostgreSQL(folder / "data")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)
    furnish(server)
    return server


def furnish(server: PostgreSQL) -> None:
    """Makes the roles."""
    for role in ROLES:
        server.add_role(role)
    server.run("ALTER ROLE bot CREATEROLE")
    server.run("GRANT app TO bot WITH ADMIN TRUE, INHERIT FALSE, SET FALSE")
    server.run("GRANT pg_signal_backend, pg_read_all_stats TO bot")


def error(state: str, words: str = "it repeats kW3t-Qz81-vN5x") -> bytes:
    body = b"".join(part.encode() + b"\0" for part in ("SFATAL", "VFATAL", f"C{state}", f"M{words}", ""))
    return b"E" + struct.pack("!i", len(body) + 4) + body


def asks(code: int, more: bytes = b"") -> bytes:
    return b"R" + struct.pack("!ii", len(more) + 8, code) + more


READY = b"Z" + struct.pack("!ic", 5, b"I")
EFFECTS: dict[str, bytes | None] = {
    "too-many-connections": error("53300"),
    "starting": error("57P03"),
    "our-address": error("28000"),
    "pooler": error("08P01"),
    "pooler-circuit": error("XX000"),
    "no-state": error(""),
    "clear-text": asks(3),
    "kerberos": asks(7),
    "other-mechanism": asks(10, b"OAUTHBEARER\0\0"),
    "bad-challenge": asks(11, b"r=someone-else,s=AAAA,i=4096"),
    "open-door": asks(0) + READY,
    "ready-at-once": READY,
    "endless": b"N" + struct.pack("!i", 1 << 30),
    "html": b"HTTP/1.1 200 OK\r\n\r\n<!doctype html>",
    "reset": b"",
    "silence": None,
}


ASKED_IN_VAIN = ("?sslmode=require", "?sslmode=verify-full")
"""What whoever writes a URL can write behind it: the server speaks no TLS."""


def url(value: str) -> Credential:
    return Credential.single(Secret(value), "url")


def made_up(server: PostgreSQL, role: str) -> tuple[Credential, ...]:
    """URLs of the role with a password that it never had, by which the server cannot be asked."""
    return tuple(url(server.url(role, STRAY).partition("?")[0] + query) for query in ASKED_IN_VAIN)


@contextmanager
def postgres(**more) -> Iterator[Harness]:
    """Roles `app`, `worker` and the bot's own `bot` with fresh passwords."""
    server = postgres_server()
    app, worker, bot = (server.add_role(role) for role in ("app", "worker", "bot"))
    old, stray = url(app), url(server.url("app", STRAY))

    def configured(timeout=TIMEOUT, *, admin=bot, options=None, hosts=()):
        hosts = hosts or (() if admin else (f"127.0.0.1:{server.port}",))
        return PROVIDERS["postgres"].configured(
            setup("postgres", admin=admin, options=options, timeout=timeout, hosts=hosts)
        )

    @contextmanager
    def fault(effect):
        with Scripted(EFFECTS[effect]) as scripted:
            place, elsewhere = f"127.0.0.1:{server.port}", f"127.0.0.1:{scripted.port}"
            yield configured(patience(effect), admin=bot.replace(place, elsewhere)), url(app.replace(place, elsewhere))

    yield Harness(
        name="postgres",
        provider=configured(),
        old=old,
        old_id="app",
        sibling=url(worker),
        effects=tuple(EFFECTS),
        fault=fault,
        stray=stray,
        unclear=made_up(server, "app"),
        wrong_admin=server.url("bot", STRAY),
        world=server,
        reconfigured=configured,
        **more,
    )


HARNESSES = {"postgres": postgres}
