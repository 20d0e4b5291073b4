"""The product's accounts at Twilio, one for each environment: their auth tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from bot.drill.ages import always_there, grown_old
from bot.drill.providers.contract import Seed
from bot.drill.providers.over_http import OverHttp
from bot.drill.providers.twilio.fake import FakeTwilio

AUTH_TOKEN = "twilio-auth-token"
ACCOUNTS = {
    "production": "ACd0000000000000000000000000000001",
    "staging": "ACd0000000000000000000000000000002",
}
"""As the drill's catalog names them."""


@dataclass(frozen=True)
class TwilioFixture(OverHttp):
    name: ClassVar[str] = "twilio"
    secrets: ClassVar[tuple[str, ...]] = (AUTH_TOKEN,)
    fake: FakeTwilio = field(default_factory=FakeTwilio)

    def variables(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        return {f"BOT_TWILIO_{host}_URL": urls[self.name] for host in ("API", "IAM", "ACCOUNTS", "MONITOR")}

    def seeds(self, environment: str) -> Iterator[Seed]:
        account = self.fake.add_account(sid=ACCOUNTS[environment])
        tokens = [account.primary]
        for year in (2025, 2026):
            tokens.append(self.fake.add_secondary(account, f"{environment} {year}"))
            self.fake.promote(account)
        grown_old(*tokens)
        yield Seed(AUTH_TOKEN, {"sid": (account.sid,), "token": tuple(token.value for token in tokens)})

    def admins(self, environment: str) -> Mapping[str, str]:
        admin = always_there(self.fake.add_key(ACCOUNTS[environment], "bot", "main"))
        return {f"/bot/admin/{environment}/twilio": f"{admin.id}:{admin.value}"}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        return self.fake.by_pair(parts.get("sid", ""), parts.get("token", "")) is not None

    def values(self) -> Iterator[tuple[str, str]]:
        for key in self.fake.all_keys():
            yield f"twilio {'token' if key.kind == 'token' else 'key'} {key.name}", key.value
