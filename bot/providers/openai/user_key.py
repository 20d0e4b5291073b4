"""OpenAI project keys that belong to a person, where the product is to stay on such a key.

OpenAI lets only the person make another one; revoking it works like any other project key. An entry whose next key may
be one of a service account needs no kind: it names that account, and the machine makes the key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Self

from bot.model.keys import KeyRef, Leftover, Snapshot
from bot.model.probes import Answer
from bot.providers.cards import load_card
from bot.providers.contract import REGION, Card, Held, Setup
from bot.providers.openai.provider import OpenAI
from bot.secrets.secret import Credential


@dataclass(frozen=True)
class OpenAIUserKey:
    """The same calls as for any project key, without those that make one."""

    card: ClassVar[Card] = load_card(__file__, "user-key")
    keys: OpenAI

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options("openai", {"project", REGION})
        return cls(OpenAI.configured(setup))

    def probe(self, credential: Credential) -> Answer:
        return self.keys.probe(credential)

    def control(self) -> Answer:
        return self.keys.control()

    def account(self, credential: Credential) -> str | None:
        return self.keys.account(credential)

    def identify(self, credential: Credential) -> list[KeyRef]:
        return self.keys.identify(credential)

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        kept = self.keys.snapshot(credential, key_id)
        return replace(kept, facts={name: fact for name, fact in kept.facts.items() if name != "successor"})

    def revoke(self, held: Held) -> None:
        self.keys.revoke(held)

    def leftovers(self, since: datetime, credential: Credential, key_id: str) -> list[Leftover]:
        return self.keys.leftovers(since, credential, key_id)
