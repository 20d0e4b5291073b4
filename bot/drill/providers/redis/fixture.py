"""The product's Redis: a real Valkey server, where there is one for this system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from bot.drill.providers.contract import Environment, Seed
from bot.drill.providers.own_server import OwnServer
from bot.drill.providers.redis.server import Valkey, start_valkey

REDIS_URL = "redis-url"


@dataclass(frozen=True)
class RedisFixture(OwnServer):
    name: ClassVar[str] = "redis"
    secrets: ClassVar[tuple[str, ...]] = (REDIS_URL,)
    server: Valkey

    @classmethod
    def opened(cls, environment: Environment) -> Self | None:
        server = start_valkey(environment.folder / "valkey")
        return None if server is None else cls(server)

    def seeds(self, environment: str) -> Iterator[Seed]:
        user = f"app-{environment}"
        yield Seed(REDIS_URL, {"key": tuple(self.server.add_user(user) for _ in range(3))})

    def admins(self, environment: str) -> Mapping[str, str]:
        return {f"/bot/admin/{environment}/redis": self.server.add_user(f"bot-{environment}")}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        return self.server.accepts(parts["key"])
