"""The product's account at Stripe: API keys, a webhook endpoint for each environment, and the dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from bot.drill.ages import always_there, grown_old
from bot.drill.providers.contract import Seed
from bot.drill.providers.over_http import OverHttp
from bot.drill.providers.stripe.fake import FakeStripe, StripeKey
from bot.drill.providers.stripe.webhooks import Endpoint

SECRET_KEY, WEBHOOK_SECRET = "stripe-secret-key", "stripe-webhook-secret"


@dataclass(frozen=True)
class StripeFixture(OverHttp):
    name: ClassVar[str] = "stripe"
    secrets: ClassVar[tuple[str, ...]] = (SECRET_KEY, WEBHOOK_SECRET)
    fake: FakeStripe = field(default_factory=FakeStripe)

    def variables(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        return {"BOT_STRIPE_API_URL": urls[self.name]}

    def seeds(self, environment: str) -> Iterator[Seed]:
        keys = [self.fake.add_key(f"{environment} {year}") for year in (2024, 2025, 2026)]
        grown_old(*keys)
        for key in keys[:-1]:
            self.fake.expire(key)
        yield Seed(SECRET_KEY, {"key": tuple(key.value for key in keys)})
        endpoints = [self._endpoint(f"{environment} {year}", environment) for year in (2024, 2025, 2026)]
        grown_old(*endpoints)
        for endpoint in endpoints[:-1]:
            self.fake.webhooks.delete(endpoint)
        parts = {"endpoint": tuple(each.id for each in endpoints), "secret": tuple(each.value for each in endpoints)}
        yield Seed(WEBHOOK_SECRET, parts)

    def admins(self, environment: str) -> Mapping[str, str]:
        return {
            f"/bot/admin/{environment}/stripe": always_there(self.fake.add_key("rotation", prefix="rk_live_")).value
        }

    def accepts(self, secret: str, parts: Mapping[str, str]) -> bool:
        """For a signing secret: whether Stripe signs with it."""
        if secret == SECRET_KEY:
            return self.fake.by_value(parts["key"]) is not None
        webhooks = self.fake.webhooks
        return any(each.value == parts["secret"] and webhooks.signs(each) for each in webhooks.all())

    def values(self) -> Iterator[tuple[str, str]]:
        for key in self.fake.all_keys():
            yield f"stripe key {key.name}", key.value
        for endpoint in self.fake.webhooks.all():
            yield f"stripe signing secret {endpoint.name}", endpoint.value

    # --- the dashboard ----------------------------------------------------------------------------------------------

    def make(self, secret: str, label: str) -> Mapping[str, str]:
        if secret == SECRET_KEY:
            return {"key": self.fake.add_key(label).value}
        endpoint = self._endpoint(label, "production")
        return {"endpoint": endpoint.id, "secret": endpoint.value}

    def made(self, secret: str, label: str) -> bool:
        return bool(self._living(secret, label))

    def discard(self, secret: str, label: str) -> None:
        for key in self._living(secret, label):
            self._end(key)

    def end(self, secret: str, parts: Mapping[str, str]) -> bool:
        value = parts["key" if secret == SECRET_KEY else "secret"]
        found = [key for key in self._of(secret) if key.value == value and key.revoked_at is None]
        for key in found:
            self._end(key)
        return bool(found)

    def _endpoint(self, name: str, environment: str) -> Endpoint:
        return self.fake.webhooks.add(name, url=f"https://api.{environment}.example.com/stripe")

    def _end(self, key: StripeKey | Endpoint) -> None:
        if isinstance(key, Endpoint):
            self.fake.webhooks.delete(key)
        else:
            self.fake.expire(key)

    def _of(self, secret: str) -> Sequence[StripeKey | Endpoint]:
        return self.fake.all_keys() if secret == SECRET_KEY else self.fake.webhooks.all()

    def _living(self, secret: str, label: str) -> list[StripeKey | Endpoint]:
        return [key for key in self._of(secret) if key.name == label and key.revoked_at is None]
