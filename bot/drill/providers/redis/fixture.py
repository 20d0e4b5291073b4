"""The product's Redis: a real Valkey server, where there is one for this system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from bot.drill.providers.contract import Environment, Seed
from bot.drill.providers.redis.server import Valkey, start_valkey

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

REDIS_URL = "redis-url"


@dataclass(frozen=True)
class RedisFixture:
    name: ClassVar[str] = "redis"
    secrets: ClassVar[tuple[str, ...]] = (REDIS_URL,)
    server: Valkey

    @classmethod
    def opened(cls, environment: Environment) -> Self | None:
        server = start_valkey(environment.folder / "valkey")
        return None if server is None else cls(server)

    def applications(self) -> Mapping[str, WSGIApplication]:
        return {}

    def variables(self, _urls: Mapping[str, str]) -> Mapping[str, str]:
        return {}

    def seeds(self, environment: str) -> Iterator[Seed]:
        user = f"app-{environment}"
        yield Seed(REDIS_URL, {"key": tuple(self.server.add_user(user) for _ in range(3))})

    def admins(self, environment: str) -> Mapping[str, str]:
        return {f"/bot/admin/{environment}/redis": self.server.add_user(f"bot-{environment}")}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        return self.server.accepts(parts["key"])

    def faults(self) -> None:
        return None

    def values(self) -> Iterator[tuple[str, str]]:
        """None besides those in the vault: passwords are made there."""
        yield from ()

    @property
    def port(self) -> int:
        """Where the server listens: its address stands in the values."""
        return self.server.port

    def pid(self) -> int:
        return self.server.pid

    def stop(self) -> None:
        self.server.stop()
