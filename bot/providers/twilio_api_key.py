"""Twilio API keys, standard and restricted. Sources: see `twilio_api`. The SID travels beside the secret.

Key resource v1 is used throughout: it does what that of 2010 does, and knows the permissions of restricted keys.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from msgspec import Struct

from bot.errors import Missing, Refused
from bot.limits import Rank
from bot.providers.contract import (
    SNAPSHOT_SECONDS,
    Answer,
    Card,
    Held,
    Issued,
    KeyId,
    Leftover,
    Liveness,
    Setup,
    Snapshot,
)
from bot.providers.twilio_api import API_KEYS, CHECKLIST, CONSOLE, HOSTS, NAME, TwilioApi, checked, is_key_sid
from bot.secret import Credential, Secret

STANDARD = ("standard",)
"""The scopes of a key that may do all but manage keys and accounts."""
PROOF = (
    'printf \'user = "%s:%s"\' "$TWILIO_API_KEY_SID" "$VALUE" | curl -s -K - '
    '"https://api.twilio.com/2010-04-01/Accounts/$TWILIO_ACCOUNT_SID/Messages.json?PageSize=1"\n'
    "# dead: code 20003, while the same question with the new key is answered with a list. 70051: unclear."
)


class _Made(Struct):
    sid: str
    secret: str


@dataclass(frozen=True)
class TwilioApiKey:
    card: ClassVar[Card] = Card(
        name=NAME,
        kind="api-key",
        title="Twilio (API key)",
        console=CONSOLE,
        hosts=HOSTS,
        issue_by_hand=(
            f"1. Open {CONSOLE} and press “Create API key”, region United States.\n"
            "2. Choose the type of the old key, for a restricted one with the same permissions.\n"
            "3. Hand the SID and the secret over with `bot submit`, never in Slack: the secret is shown once."
        ),
        revoke_by_hand=(
            f"1. Open {CONSOLE}.\n2. Find the key by its SID (SK…), which the card shows, and press “Delete API key”."
        ),
        prove_by_hand=PROOF,
        copies_scopes=True,
        checklist=CHECKLIST,
        inspects=(API_KEYS,),
        parts=("sid", "secret"),
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
        return Snapshot(
            account=self.api.account,
            scopes=tuple(sorted(key.policy.allow)) if key.policy else STANDARD,
            facts={"name": key.friendly_name or "", "last use": "not shown by Twilio"},
        )

    def issue(self, name: str, like: Snapshot) -> Issued:
        """A standard key, or a restricted one with the permissions of `like`. Main keys only people can make."""
        verb = f"make key {name}"
        if not like.scopes:
            raise Refused(NAME, verb, "what the old key may do is unknown: a key made without that may do nearly all")
        form = {"AccountSid": self.api.account, "FriendlyName": name}
        if like.scopes != STANDARD:
            form |= {"KeyType": "restricted", "Policy": json.dumps({"allow": list(like.scopes)})}
        made = self.api.ask(self.api.iam, "POST", "/v1/Keys", verb, Rank.PUT, form=form).expect(201).parse(_Made)
        return Issued(made.sid, Credential({"sid": Secret(made.sid), "secret": Secret(made.secret)}, "secret"))

    def issued(self, prefix: str) -> list[KeyId]:
        return [key.id for key in self.api.listed() if (key.friendly_name or "").startswith(prefix)]

    def revoke(self, held: Held) -> None:
        self.api.delete_key(held)

    def leftovers(self, since: datetime, _credential: Credential, key_id: str) -> list[Leftover]:
        return self.api.newer_keys(since, key_id)


def identified(api: TwilioApi, credential: Credential) -> list[KeyId]:
    """The key of the SID beside the secret, if the account has it."""
    sid = sid_of(credential)
    key = api.key(checked(sid)) if is_key_sid(sid) else None
    return [key.id] if key else []


def sid_of(credential: Credential) -> str:
    part = credential.parts.get("sid")
    return part.reveal() if part else ""
