"""ElevenLabs API keys of people. Sources: see `api.py`.

Only their owner makes them, in the dashboard; the key may switch itself off where its workspace lets it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from bot.model.keys import KeyRef
from bot.model.probes import Answer
from bot.providers.cards import load_card
from bot.providers.contract import REGION, Card, Setup
from bot.providers.elevenlabs.api import NAME, REGIONS, ElevenLabsApi
from bot.secrets.secret import Credential

_VALUE = re.compile(r"(?:sk_)?[0-9a-f]{32,64}")


@dataclass(frozen=True)
class ElevenLabsUserKey:
    """The admin credential, if the catalog names one, is any other key: the control of the proof."""

    card: ClassVar[Card] = load_card(__file__, "user-key")
    api: ElevenLabsApi

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `region` (us, eu, in, sg) is the workspace's."""
        setup.check_options(NAME, {REGION})
        return cls(ElevenLabsApi(setup.in_region(NAME, REGIONS)("api"), setup.admin_for(NAME)))

    def probe(self, credential: Credential) -> Answer:
        return self.api.probe(credential.key)

    def control(self) -> Answer:
        return self.api.control("another key")

    def account(self, credential: Credential) -> str | None:
        """The owner's user id; None for a key that may not read it."""
        return self.api.user(credential.key)

    def identify(self, credential: Credential) -> list[KeyRef]:
        """The key by its last characters: no API lists people's keys."""
        value = credential.key.reveal()
        return [KeyRef(f"…{value[-4:]}", hint=f"…{value[-4:]}")] if _VALUE.fullmatch(value) else []

    def revoke_itself(self, credential: Credential) -> None:
        self.api.disable_itself(credential.key)
