"""Twilio Main API keys, which may manage the account like its auth token. Sources: see `api.py`.

Only people make them, in the console; they are read and deleted like other keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.model.keys import Snapshot
from bot.providers.cards import load_card
from bot.providers.contract import Card
from bot.providers.twilio.key import TwilioKey
from bot.secrets.secret import Credential


@dataclass(frozen=True)
class TwilioMainKey(TwilioKey):
    """The admin credential has to be another Main key than the leaked one."""

    card: ClassVar[Card] = load_card(__file__, "main-key")

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:  # noqa: ARG002 - the admin key reads it
        key = self.read(key_id)
        facts = {"name": key.friendly_name or "", "rights": "a Main key: all of the account, keys and people too"}
        return Snapshot(account=self.api.account, facts=facts)
