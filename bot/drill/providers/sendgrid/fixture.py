"""The product's account at SendGrid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from bot.drill.ages import grown_old
from bot.drill.providers.contract import Seed
from bot.drill.providers.over_http import OverHttp
from bot.drill.providers.sendgrid.fake import FakeSendGrid

API_KEY = "sendgrid-api-key"


@dataclass(frozen=True)
class SendGridFixture(OverHttp):
    name: ClassVar[str] = "sendgrid"
    secrets: ClassVar[tuple[str, ...]] = (API_KEY,)
    fake: FakeSendGrid = field(default_factory=FakeSendGrid)

    def variables(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        return {"BOT_SENDGRID_API_URL": urls[self.name], "BOT_SENDGRID_EU_URL": urls[self.name]}

    def seeds(self, environment: str) -> Iterator[Seed]:
        keys = [self.fake.add_key(f"{environment} {year}", ("mail.send",)) for year in (2024, 2025, 2026)]
        grown_old(*keys)
        for key in keys[:-1]:
            self.fake.revoke(key)
        yield Seed(API_KEY, {"key": tuple(key.value for key in keys)})

    def admins(self, _environment: str) -> Mapping[str, str]:
        return {"/bot/admin/sendgrid": self.fake.admin_key}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        return self.fake.by_value(parts["key"]) is not None

    def values(self) -> Iterator[tuple[str, str]]:
        for key in self.fake.all_keys():
            yield f"sendgrid key {key.name}", key.value
