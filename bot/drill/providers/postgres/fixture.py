"""The product's database: a real PostgreSQL server, where there is one for this system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self
from urllib.parse import urlsplit

from bot.drill.providers.contract import Environment, Seed
from bot.drill.providers.own_server import OwnServer
from bot.drill.providers.postgres.server import PostgreSQL, start_postgresql

DATABASE_URL = "database-url"


@dataclass(frozen=True)
class PostgresFixture(OwnServer):
    name: ClassVar[str] = "postgres"
    secrets: ClassVar[tuple[str, ...]] = (DATABASE_URL,)
    server: PostgreSQL

    @classmethod
    def opened(cls, environment: Environment) -> Self | None:
        server = start_postgresql(environment.folder / "postgresql")
        return None if server is None else cls(server)

    def seeds(self, environment: str) -> Iterator[Seed]:
        role = f"app-{environment}"
        yield Seed(DATABASE_URL, {"key": tuple(self.server.add_role(role) for _ in range(3))})

    def admins(self, environment: str) -> Mapping[str, str]:
        """A role that may do to the product's what a rotation needs, and no more."""
        role, product = f"bot-{environment}", f"app-{environment}"
        url = self.server.add_role(role, "CREATEROLE")
        self.server.run(f'GRANT "{product}" TO "{role}" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE')
        self.server.run(f'GRANT pg_signal_backend, pg_read_all_stats TO "{role}"')
        return {f"/bot/admin/{environment}/postgres": url}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        url = urlsplit(parts["key"])
        return self.server.accepts(url.username or "", url.password or "")
