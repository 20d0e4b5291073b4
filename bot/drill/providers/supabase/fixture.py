"""The product's projects at Supabase: production uses keys of the new kind, staging still the old pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from bot.drill.ages import grown_old
from bot.drill.providers.contract import Seed
from bot.drill.providers.over_http import OverHttp
from bot.drill.providers.supabase.fake import FakeSupabase, SupabaseKey

SERVICE_KEY, ANON_KEY = "supabase-service-key", "supabase-anon-key"
KINDS = {SERVICE_KEY: ("service_role", "secret"), ANON_KEY: ("anon", "publishable")}
"""By secret: its role as a key of the old kind, and its kind among the new."""


@dataclass(frozen=True)
class SupabaseFixture(OverHttp):
    name: ClassVar[str] = "supabase"
    secrets: ClassVar[tuple[str, ...]] = (SERVICE_KEY, ANON_KEY)
    fake: FakeSupabase = field(default_factory=FakeSupabase)

    def variables(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        url = urls[self.name]
        return {"BOT_SUPABASE_API_URL": url, "BOT_SUPABASE_PROJECT_URL": f"{url}/{{project}}"}

    def seeds(self, environment: str) -> Iterator[Seed]:
        project = f"practice-{environment}"
        self.fake.add_project(project)
        for secret, (role, kind) in KINDS.items():
            legacy = self.fake.legacy(project, role)
            keys = [self.fake.add_key(project, f"{kind}_{year}", kind) for year in (2025, 2026)]
            grown_old(legacy, *keys)
            if environment == "production":
                self.fake.revoke(keys[0])
                yield Seed(secret, {"key": (legacy.value, *(key.value for key in keys))})
            else:
                for key in keys:
                    self.fake.revoke(key)
                yield Seed(secret, {"key": (*(key.value for key in keys), legacy.value)})
        if environment == "production":
            self.fake.switch_legacy(project, on=False)

    def admins(self, _environment: str) -> Mapping[str, str]:
        return {"/bot/admin/supabase": self.fake.admin_key}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        key = self.fake.by_value(parts["key"])
        return key is not None and self.fake.accepts(key)

    def values(self) -> Iterator[tuple[str, str]]:
        """A publishable key is public, but it is to be seen in a page's source, not here."""
        yield "supabase access token", self.fake.admin_key
        for key in self.fake.all_keys():
            yield f"supabase key {_words(key)}", key.value


def _words(key: SupabaseKey) -> str:
    return f"{key.name} of {key.project}"
