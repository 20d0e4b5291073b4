"""Twilio's API keys: standard and restricted ones, which the machine makes, and Main keys, which people make in the
console alone. Sources: see `api.py`.

The SID travels beside the secret. Key resource v1 is used throughout: it does what that of 2010 does, and knows the
permissions of restricted keys.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from msgspec import Struct

from bot.errors import Missing, Refused, Unexpected
from bot.model.keys import KeyRef, Leftover, Snapshot
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.providers.cards import load_card
from bot.providers.contract import SNAPSHOT_SECONDS, Card, Held, Issued, Setup
from bot.providers.twilio.api import NAME, Key, TwilioApi, checked, is_key_sid
from bot.secrets.secret import Credential, Secret

STANDARD = ("standard",)
"""The scopes of a key that may do all but manage keys and accounts."""


class _Made(Struct):
    sid: str
    secret: str


@dataclass(frozen=True)
class TwilioKey:
    """What all of them have in common. Parts `sid` and `secret`."""

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


@dataclass(frozen=True)
class TwilioApiKey(TwilioKey):
    card: ClassVar[Card] = load_card(__file__, "api-key")

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:  # noqa: ARG002 - the admin key reads it
        key = self.read(key_id)
        scopes = tuple(sorted(key.policy.allow)) if key.policy else STANDARD
        facts = {"name": key.friendly_name or "", "last use": "not shown by Twilio"}
        return Snapshot(account=self.api.account, scopes=scopes, facts=facts)

    def issue(self, name: str, like: Snapshot) -> Issued:
        """A standard key, or a restricted one with the permissions of `like`."""
        verb = f"make key {name}"
        if not like.scopes:
            raise Refused(NAME, verb, "what the old key may do is unknown: a key made without that may do nearly all")
        form = {"AccountSid": self.api.account, "FriendlyName": name}
        if like.scopes != STANDARD:
            form |= {"KeyType": "restricted", "Policy": json.dumps({"allow": list(like.scopes)})}
        made = self.api.ask(self.api.iam, "POST", "/v1/Keys", verb, Priority.PUT, form=form).expect(201).parse(_Made)
        if not is_key_sid(made.sid):
            raise Unexpected(NAME, verb, "the answer shows no SID of a key")
        return Issued(made.sid, Credential({"sid": Secret(made.sid), "secret": Secret(made.secret)}, "secret"))

    def issued(self, prefix: str) -> list[KeyRef]:
        return [key.id for key in self.api.listed() if (key.friendly_name or "").startswith(prefix)]


@dataclass(frozen=True)
class TwilioMainKey(TwilioKey):
    """A Main key may manage the account like its auth token. The admin credential has to be another one than it."""

    card: ClassVar[Card] = load_card(__file__, "main-key")

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:  # noqa: ARG002 - the admin key reads it
        key = self.read(key_id)
        facts = {"name": key.friendly_name or "", "rights": "a Main key: all of the account, keys and people too"}
        return Snapshot(account=self.api.account, facts=facts)


def _sid_of(credential: Credential) -> str:
    part = credential.parts.get("sid")
    return part.reveal() if part else ""
