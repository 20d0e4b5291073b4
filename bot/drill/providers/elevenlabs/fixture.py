"""The product's workspace at ElevenLabs, with a service account for each environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from bot.drill.ages import HIRED, grown_old
from bot.drill.providers.contract import Seed
from bot.drill.providers.elevenlabs.fake import FakeElevenLabs
from bot.drill.providers.over_http import OverHttp

API_KEY = "elevenlabs-api-key"


@dataclass(frozen=True)
class ElevenLabsFixture(OverHttp):
    name: ClassVar[str] = "elevenlabs"
    secrets: ClassVar[tuple[str, ...]] = (API_KEY,)
    fake: FakeElevenLabs = field(default_factory=FakeElevenLabs)

    def variables(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        return {"BOT_ELEVENLABS_API_URL": urls[self.name]}

    def seeds(self, environment: str) -> Iterator[Seed]:
        """The oldest key was deleted when it was replaced, the one before the current is only switched off."""
        account = f"practice-{environment}"
        self.fake.add_account(account, HIRED.total_seconds())
        keys = [self.fake.add_key(f"app {year}", account) for year in (2024, 2025, 2026)]
        grown_old(*keys)
        self.fake.delete(keys[0])
        self.fake.switch_off(keys[1])
        yield Seed(API_KEY, {"key": tuple(key.value for key in keys)})

    def admins(self, _environment: str) -> Mapping[str, str]:
        return {"/bot/admin/elevenlabs": self.fake.admin_key}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        return self.fake.by_value(parts["key"]) is not None

    def values(self) -> Iterator[tuple[str, str]]:
        for key in self.fake.all_keys():
            yield f"elevenlabs key {key.name}", key.value
