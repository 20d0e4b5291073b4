"""What all of Twilio's API keys have in common, whoever makes them. Sources: see `api.py`.

The SID travels beside the secret. Key resource v1 is used throughout: it does what that of 2010 does, and knows the
permissions of restricted keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from bot.errors import Missing
from bot.model.keys import KeyRef, Leftover
from bot.model.probes import Answer, Liveness
from bot.providers.contract import SNAPSHOT_SECONDS, Held, Setup
from bot.providers.twilio.api import NAME, Key, TwilioApi, checked, is_key_sid
from bot.secrets.secret import Credential


@dataclass(frozen=True)
class TwilioKey:
    """Parts `sid` and `secret`."""

    api: TwilioApi

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        return cls(TwilioApi.configured(setup))

    def probe(self, credential: Credential) -> Answer:
        return self.api.probe_key(_sid_of(credential), credential.key)

    def control(self) -> Answer:
        return self.api.control(self.api.probe_key)

    def account(self, credential: Credential) -> str | None:
        return self.api.account if self.probe(credential).liveness is Liveness.LIVE else None

    def identify(self, credential: Credential) -> list[KeyRef]:
        """The key of the SID beside the secret, if the account has it."""
        sid = _sid_of(credential)
        key = self.api.key(checked(sid)) if is_key_sid(sid) else None
        return [key.id] if key else []

    def revoke(self, held: Held) -> None:
        self.api.delete_key(held)

    def leftovers(self, since: datetime, _credential: Credential, key_id: str) -> list[Leftover]:
        return self.api.newer_keys(since, key_id)

    def read(self, key_id: str) -> Key:
        """The key as the admin key sees it, in the time that a snapshot has. Missing."""
        key = self.api.key(key_id, self.api.iam.with_timeout(SNAPSHOT_SECONDS))
        if key is None:
            raise Missing(NAME, f"read key {key_id}", "the account has no key of this SID")
        return key


def _sid_of(credential: Credential) -> str:
    part = credential.parts.get("sid")
    return part.reveal() if part else ""
