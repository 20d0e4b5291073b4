"""Twilio API keys, standard and restricted. Sources: see `api.py`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

from msgspec import Struct

from bot.errors import Refused, Unexpected
from bot.model.keys import KeyRef, Snapshot
from bot.model.priority import Priority
from bot.providers.cards import load_card
from bot.providers.contract import Card, Issued
from bot.providers.twilio.api import NAME, is_key_sid
from bot.providers.twilio.key import TwilioKey
from bot.secrets.secret import Credential, Secret

STANDARD = ("standard",)
"""The scopes of a key that may do all but manage keys and accounts."""


class _Made(Struct):
    sid: str
    secret: str


@dataclass(frozen=True)
class TwilioApiKey(TwilioKey):
    card: ClassVar[Card] = load_card(__file__, "api-key")

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:  # noqa: ARG002 - the admin key reads it
        key = self.read(key_id)
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
        made = self.api.ask(self.api.iam, "POST", "/v1/Keys", verb, Priority.PUT, form=form).expect(201).parse(_Made)
        if not is_key_sid(made.sid):
            raise Unexpected(NAME, verb, "the answer shows no SID of a key")
        return Issued(made.sid, Credential({"sid": Secret(made.sid), "secret": Secret(made.secret)}, "secret"))

    def issued(self, prefix: str) -> list[KeyRef]:
        return [key.id for key in self.api.listed() if (key.friendly_name or "").startswith(prefix)]
