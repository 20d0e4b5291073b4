"""The product's projects at OpenAI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from bot.drill.ages import grown_old
from bot.drill.providers.contract import Seed
from bot.drill.providers.openai.fake import FakeOpenAI
from bot.drill.providers.over_http import OverHttp

API_KEY = "openai-api-key"


@dataclass(frozen=True)
class OpenAIFixture(OverHttp):
    name: ClassVar[str] = "openai"
    secrets: ClassVar[tuple[str, ...]] = (API_KEY,)
    fake: FakeOpenAI = field(default_factory=FakeOpenAI)

    def variables(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        return {"BOT_OPENAI_API_URL": f"{urls[self.name]}/v1"}

    def seeds(self, environment: str) -> Iterator[Seed]:
        """The oldest key was revoked when it was replaced. The one before the current was forgotten: it is still
        accepted, as people find out in real incidents.
        """
        project, account = f"proj_practice_{environment}", f"svc_acct_practice_{environment}"
        keys = [self.fake.add_key(project, f"app {year}", service_account=account) for year in (2024, 2025, 2026)]
        grown_old(*keys)
        self.fake.revoke(keys[0])
        yield Seed(API_KEY, {"key": tuple(key.value for key in keys)})

    def admins(self, _environment: str) -> Mapping[str, str]:
        return {"/bot/admin/openai": self.fake.admin_key}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        return self.fake.by_value(parts["key"]) is not None

    def values(self) -> Iterator[tuple[str, str]]:
        yield "openai admin key", self.fake.admin_key
        for key in self.fake.all_keys():
            yield f"openai key {key.name}", key.value
