"""The product's account at Stripe, and its dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self

from bot.drill.sites.contract import Ground, Stock
from bot.drill.standins.stripe import StripeKey, StripeStandIn

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from bot.drill.standins.faults import Faults

SECRET_KEY = "stripe-secret-key"


@dataclass(frozen=True)
class StripeSite:
    name: ClassVar[str] = "stripe"
    secrets: ClassVar[tuple[str, ...]] = (SECRET_KEY,)
    standin: StripeStandIn = field(default_factory=StripeStandIn)

    @classmethod
    def opened(cls, _ground: Ground) -> Self:
        return cls()

    def applications(self) -> Mapping[str, WSGIApplication]:
        return {self.name: self.standin.application}

    def variables(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        return {"BOT_STRIPE_API_URL": urls[self.name]}

    def stocks(self, environment: str) -> Iterator[Stock]:
        keys = [self.standin.add_key(f"{environment} {year}") for year in (2024, 2025, 2026)]
        for key in keys[:-1]:
            self.standin.expire(key)
        yield Stock(SECRET_KEY, {"key": tuple(key.value for key in keys)})

    def admins(self, _environment: str) -> Mapping[str, str]:
        return {}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        return any(key.value == parts["key"] for key in self.standin.live_keys())

    def faults(self) -> Faults:
        return self.standin.faults

    def values(self) -> Iterator[tuple[str, str]]:
        for key in self.standin.all_keys():
            yield f"stripe key {key.name}", key.value

    def pid(self) -> None:
        return None

    def stop(self) -> None:
        pass

    # --- the dashboard ----------------------------------------------------------------------------------------------

    def make(self, _secret: str, label: str) -> Mapping[str, str]:
        return {"key": self.standin.add_key(label).value}

    def made(self, _secret: str, label: str) -> bool:
        return bool(self._living(label))

    def discard(self, _secret: str, label: str) -> None:
        for key in self._living(label):
            self.standin.expire(key)

    def end(self, _secret: str, parts: Mapping[str, str]) -> bool:
        found = [key for key in self.standin.all_keys() if key.value == parts["key"] and key.revoked_at is None]
        for key in found:
            self.standin.expire(key)
        return bool(found)

    def _living(self, label: str) -> list[StripeKey]:
        return [key for key in self.standin.all_keys() if key.name == label and key.revoked_at is None]
