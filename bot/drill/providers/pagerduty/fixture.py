"""The product's services at PagerDuty, in the account that pages the bot's own people too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from bot.drill.ages import always_there, grown_old
from bot.drill.providers.contract import Environment, Seed
from bot.drill.providers.over_http import OverHttp
from bot.drill.providers.pagerduty.fake import FakePagerDuty

API_KEY = "pagerduty-api-key"
SERVICES = {"production": "PPRODUCTION", "staging": "PSTAGING"}
"""As the drill's catalog names them."""


@dataclass(frozen=True)
class PagerDutyFixture(OverHttp):
    """The addresses are the pager's as well, and so its keys are left to the pager."""

    name: ClassVar[str] = "pagerduty"
    secrets: ClassVar[tuple[str, ...]] = (API_KEY,)
    fake: FakePagerDuty

    @classmethod
    def opened(cls, environment: Environment) -> Self:
        return cls(environment.pagerduty)

    def variables(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        return {f"BOT_PAGERDUTY_{host}_URL": urls[self.name] for host in ("API", "EVENTS")}

    def seeds(self, environment: str) -> Iterator[Seed]:
        service = self.fake.account.add_service(f"Shop in {environment}", SERVICES[environment])
        keys = [self.fake.add_key(f"{environment} {year}", service) for year in (2024, 2025, 2026)]
        grown_old(*keys)
        for key in keys[:-1]:
            self.fake.revoke(key)
        yield Seed(API_KEY, {"key": tuple(key.value for key in keys)})

    def admins(self, environment: str) -> Mapping[str, str]:
        return {f"/bot/admin/{environment}/pagerduty": always_there(self.fake.account.add_rest_key("rotation")).value}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        return self.fake.accepts(parts["key"])

    def values(self) -> Iterator[tuple[str, str]]:
        for key in self.fake.all_keys():
            yield f"pagerduty key {key.name}", key.value
