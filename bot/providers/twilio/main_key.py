"""Twilio Main API keys, which may manage the account like its auth token. Sources: see `twilio_api`.

Only people make them, in the console; they are read and deleted like other keys.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bot.model.keys import Snapshot
from bot.providers.contract import Card
from bot.providers.twilio.api import CONSOLE
from bot.providers.twilio.api_key import TwilioApiKey
from bot.providers.twilio.key import TwilioKey
from bot.secret import Credential


@dataclass(frozen=True)
class TwilioMainKey(TwilioKey):
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

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:  # noqa: ARG002 - the admin key reads it
        key = self.read(key_id)
        facts = {"name": key.friendly_name or "", "rights": "a Main key: all of the account, keys and people too"}
        return Snapshot(account=self.api.account, facts=facts)
