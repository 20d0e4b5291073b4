"""Twilio Main API keys, which may manage the account like its auth token. Sources: see `twilio_api`.

Only people make them, in the console; they are read and deleted like other keys.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Self

from bot.errors import Missing
from bot.providers.contract import (
    SNAPSHOT_SECONDS,
    Answer,
    Card,
    Held,
    KeyId,
    Leftover,
    Liveness,
    Setup,
    Snapshot,
)
from bot.providers.twilio_api import CONSOLE, NAME, TwilioApi
from bot.providers.twilio_api_key import TwilioApiKey, identified, sid_of
from bot.secret import Credential


@dataclass(frozen=True)
class TwilioMainKey:
    """The admin credential has to be another Main key than the leaked one."""

    card: ClassVar[Card] = replace(
        TwilioApiKey.card,
        kind="main-key",
        title="Twilio (Main API key)",
        issue_by_hand=(
            f"1. Open {CONSOLE} as an owner of the account and press “Create API key”, region United States.\n"
            "2. Choose “Main” only if the product manages keys or accounts; else a standard or restricted key does.\n"
            "3. Hand the SID and the secret over with `bot submit`, never in Slack: the secret is shown once."
        ),
        copies_scopes=False,
    )
    api: TwilioApi

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        return cls(TwilioApi.configured(setup))

    def probe(self, credential: Credential) -> Answer:
        return self.api.probe_key(sid_of(credential), credential.key)

    def control(self) -> Answer:
        return self.api.control(self.api.probe_key)

    def account(self, credential: Credential) -> str | None:
        return self.api.account if self.probe(credential).liveness is Liveness.LIVE else None

    def identify(self, credential: Credential) -> list[KeyId]:
        return identified(self.api, credential)

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:  # noqa: ARG002 - the admin key reads it
        key = self.api.key(key_id, self.api.iam.with_timeout(SNAPSHOT_SECONDS))
        if key is None:
            raise Missing(NAME, f"read key {key_id}", "the account has no key of this SID")
        facts = {"name": key.friendly_name or "", "rights": "a Main key: all of the account, keys and people too"}
        return Snapshot(account=self.api.account, facts=facts)

    def revoke(self, held: Held) -> None:
        self.api.delete_key(held)

    def leftovers(self, since: datetime, _credential: Credential, key_id: str) -> list[Leftover]:
        return self.api.newer_keys(since, key_id)
