"""ElevenLabs API keys of people. Sources: see `elevenlabs_api`.

Only their owner makes them, in the dashboard; the key may switch itself off where its workspace lets it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from bot.model.keys import KeyRef
from bot.model.probes import Answer
from bot.providers.contract import REGION, Card, Setup
from bot.providers.elevenlabs.api import HOSTS, NAME, PROOF, REGIONS, ElevenLabsApi, shown
from bot.secret import Credential

_VALUE = re.compile(r"(?:sk_)?[0-9a-f]{32,64}")


@dataclass(frozen=True)
class ElevenLabsUserKey:
    """The admin credential, if the catalog names one, is any other key: the control of the proof."""

    card: ClassVar[Card] = Card(
        name=NAME,
        kind="user-key",
        title="ElevenLabs (a person's key)",
        console="https://elevenlabs.io/app/settings/api-keys",
        hosts=HOSTS,
        issue_by_hand=(
            "1. The key's owner opens https://elevenlabs.io/app/settings/api-keys and presses “Create API key”.\n"
            "2. Give it the permissions and the limit of the old one, and let its holder disable it.\n"
            "3. Copy the value, it is shown once, and hand it over with `bot submit`, never in Slack.\n"
            "4. Afterwards move the product to a service account: its keys need no person."
        ),
        revoke_by_hand=(
            "1. The key's owner opens https://elevenlabs.io/app/settings/api-keys.\n"
            "2. Find the key by its name and last characters, and switch it off or delete it.\n"
            "3. The bot goes on asking ElevenLabs and says when the key is proven dead."
        ),
        prove_by_hand=PROOF,
        checklist={
            "keys": "New API keys of the same person, and new service accounts if they administer the workspace.",
            "members": "New members, groups and open invitations of the workspace.",
            "webhooks": "New webhooks of the workspace, and agents or telephone numbers that call elsewhere.",
            "voices": "Cloned or shared voices and exported recordings that nobody of the product made.",
        },
    )
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
        if not _VALUE.fullmatch(credential.key.reveal()):
            return []
        return [KeyRef(shown(credential), hint=shown(credential))]

    def revoke_itself(self, credential: Credential) -> None:
        self.api.disable_itself(credential.key)
