"""The Slack app of the product, in a workspace of its own: a bot token and an incoming webhook for each environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from bot.drill.ages import grown_old
from bot.drill.providers.contract import Presses, Seed
from bot.drill.providers.over_http import OverHttp
from bot.drill.providers.slack.fake import FakeSlackProduct

if TYPE_CHECKING:
    from bot.drill.fakes.control import KeyRecord

WEBHOOK, TOKEN = "slack-webhook-url", "slack-bot-token"


@dataclass(frozen=True)
class SlackProductFixture(OverHttp):
    """Its name is not the provider's: as a place, Slack is the workspace that the bot works in."""

    name: ClassVar[str] = "slack-product"
    secrets: ClassVar[tuple[str, ...]] = (WEBHOOK, TOKEN)
    presses: ClassVar[Mapping[str, Presses]] = {
        WEBHOOK: Presses("Slack", "Add New Webhook to Workspace", ("🗑 Bin",)),
        TOKEN: Presses("Slack", "Reinstall to Workspace", ("Revoke All OAuth Tokens",)),
    }
    fake: FakeSlackProduct = field(default_factory=FakeSlackProduct)

    def variables(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        return {"BOT_SLACK_API_URL": f"{urls[self.name]}/api", "BOT_SLACK_HOOKS_URL": urls[self.name]}

    def seeds(self, environment: str) -> Iterator[Seed]:
        for secret in self.secrets:
            keys = [self._add(secret, f"{environment} {year}") for year in (2024, 2025, 2026)]
            grown_old(*keys)
            for key in keys[:-1]:
                self.fake.revoke(key)
            yield Seed(secret, {"key": tuple(key.value for key in keys)})

    def admins(self, _environment: str) -> Mapping[str, str]:
        return {}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        return self.fake.is_live(parts["key"])

    def values(self) -> Iterator[tuple[str, str]]:
        for key in self.fake.all_keys():
            yield f"slack {'webhook' if '://' in key.value else 'token'} {key.name}", key.value

    # --- the app's settings -----------------------------------------------------------------------------------------

    def make(self, secret: str, label: str) -> Mapping[str, str]:
        return {"key": self._add(secret, label).value}

    def made(self, secret: str, label: str) -> bool:
        return bool(self._living(secret, label))

    def discard(self, secret: str, label: str) -> None:
        for key in self._living(secret, label):
            self.fake.revoke(key)

    def end(self, secret: str, parts: Mapping[str, str]) -> bool:
        found = [key for key in self._of(secret) if key.value == parts["key"] and key.revoked_at is None]
        for key in found:
            self.fake.revoke(key)
        return bool(found)

    def _add(self, secret: str, name: str) -> KeyRecord:
        return self.fake.add_webhook(name) if secret == WEBHOOK else self.fake.add_token(name)

    def _of(self, secret: str) -> list[KeyRecord]:
        return [*(self.fake.webhooks() if secret == WEBHOOK else self.fake.tokens())]

    def _living(self, secret: str, label: str) -> list[KeyRecord]:
        return [key for key in self._of(secret) if key.name == label and key.revoked_at is None]
