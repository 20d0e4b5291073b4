"""The product's account at Stripe: API keys, and the dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from bot.drill.ages import grown_old
from bot.drill.providers.contract import Presses, Seed
from bot.drill.providers.over_http import OverHttp
from bot.drill.providers.stripe.fake import FakeStripe, StripeKey

SECRET_KEY = "stripe-secret-key"


@dataclass(frozen=True)
class StripeFixture(OverHttp):
    name: ClassVar[str] = "stripe"
    secrets: ClassVar[tuple[str, ...]] = (SECRET_KEY,)
    presses: ClassVar[Mapping[str, Presses]] = {
        SECRET_KEY: Presses("Stripe", "Create secret key", ("…", "Expire key", "Now"))
    }
    fake: FakeStripe = field(default_factory=FakeStripe)

    def variables(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        return {"BOT_STRIPE_API_URL": urls[self.name]}

    def seeds(self, environment: str) -> Iterator[Seed]:
        keys = [self.fake.add_key(f"{environment} {year}") for year in (2024, 2025, 2026)]
        grown_old(*keys)
        for key in keys[:-1]:
            self.fake.expire(key)
        yield Seed(SECRET_KEY, {"key": tuple(key.value for key in keys)})

    def admins(self, _environment: str) -> Mapping[str, str]:
        return {}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        return self.fake.by_value(parts["key"]) is not None

    def values(self) -> Iterator[tuple[str, str]]:
        for key in self.fake.all_keys():
            yield f"stripe key {key.name}", key.value

    # --- the dashboard ----------------------------------------------------------------------------------------------

    def make(self, _secret: str, label: str) -> Mapping[str, str]:
        return {"key": self.fake.add_key(label).value}

    def made(self, _secret: str, label: str) -> bool:
        return bool(self._living(label))

    def discard(self, _secret: str, label: str) -> None:
        for key in self._living(label):
            self.fake.expire(key)

    def end(self, _secret: str, parts: Mapping[str, str]) -> bool:
        key = self.fake.by_value(parts["key"])
        if key is not None:
            self.fake.expire(key)
        return key is not None

    def _living(self, label: str) -> list[StripeKey]:
        return [key for key in self.fake.all_keys() if key.name == label and key.revoked_at is None]
