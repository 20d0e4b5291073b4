"""The product's machine account at GitHub, and its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from bot.drill.ages import grown_old
from bot.drill.providers.contract import Presses, Seed
from bot.drill.providers.github.fake import FakeGitHub, GitHubToken
from bot.drill.providers.over_http import OverHttp

TOKEN = "github-token"


@dataclass(frozen=True)
class GitHubFixture(OverHttp):
    name: ClassVar[str] = "github"
    secrets: ClassVar[tuple[str, ...]] = (TOKEN,)
    presses: ClassVar[Mapping[str, Presses]] = {TOKEN: Presses("GitHub", "Generate token", ("Delete",))}
    fake: FakeGitHub = field(default_factory=FakeGitHub)

    def variables(self, urls: Mapping[str, str]) -> Mapping[str, str]:
        return {"BOT_GITHUB_API_URL": urls[self.name]}

    def seeds(self, environment: str) -> Iterator[Seed]:
        owner = f"practice-{environment}"
        tokens = [self.fake.add_token(f"{environment} {year}", owner=owner) for year in (2024, 2025, 2026)]
        grown_old(*tokens)
        for token in tokens[:-1]:
            self.fake.delete(token)
        yield Seed(TOKEN, {"key": tuple(token.value for token in tokens)})

    def admins(self, _environment: str) -> Mapping[str, str]:
        return {}

    def accepts(self, _secret: str, parts: Mapping[str, str]) -> bool:
        return self.fake.by_value(parts["key"]) is not None

    def values(self) -> Iterator[tuple[str, str]]:
        for token in self.fake.all_keys():
            yield f"github token {token.name}", token.value

    # --- the settings -----------------------------------------------------------------------------------------------

    def make(self, _secret: str, label: str) -> Mapping[str, str]:
        return {"key": self.fake.add_token(label, prefix="github_pat_", owner="practice-production").value}

    def made(self, _secret: str, label: str) -> bool:
        return bool(self._living(label))

    def discard(self, _secret: str, label: str) -> None:
        for token in self._living(label):
            self.fake.delete(token)

    def end(self, _secret: str, parts: Mapping[str, str]) -> bool:
        found = [each for each in self.fake.all_keys() if each.value == parts["key"] and each.revoked_at is None]
        for token in found:
            self.fake.delete(token)
        return bool(found)

    def _living(self, label: str) -> list[GitHubToken]:
        return [token for token in self.fake.all_keys() if token.name == label and token.revoked_at is None]
