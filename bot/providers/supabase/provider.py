"""Supabase API keys. Sources: the OpenAPI file of supabase/cli; Supabase's guides on API keys and on rotating them.

A key of the old kind (a JSON Web Token, `anon` or `service_role`) cannot be issued again. Its successor is a key of the
new kind, secret or publishable accordingly, and revoking it means switching both old keys of the project off together.
The id of either names both, and so every plan and every approval does.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Self

from bot.errors import Missing, Refused, Unexpected
from bot.model.keys import KeyRef, Leftover, Snapshot
from bot.model.probes import Answer
from bot.model.uses import UseReport
from bot.providers.cards import load_card
from bot.providers.contract import SNAPSHOT_SECONDS, Card, Held, Issued, Setup, demand_made, newer
from bot.providers.looks import Look
from bot.providers.supabase import logs
from bot.providers.supabase.api import (
    LEGACY,
    NAME,
    PUBLISHABLE,
    SECRET,
    SERVICE_ROLE,
    Key,
    Management,
    claims_of,
    legacy_role,
)
from bot.providers.supabase.gateway import Gateway
from bot.secrets.secret import Credential, Secret

BOTH_LEGACY = "legacy/anon+service_role"
KEYS, JWT_SECRET = "keys", "jwt-secret"
CLAIMS = "other claims"
"""The fact of a snapshot with the claims, as JSON, of a secret key's tokens besides the role."""
_REVOKED = "REVOKED"


@dataclass(frozen=True)
class Supabase:
    """`admin` is an access token of the account (``sbp_…``) that may read and write the project's API keys."""

    card: ClassVar[Card] = load_card(__file__)
    management: Management
    gateway: Gateway

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `project` is the project's reference: the first word of its URL."""
        setup.check_options(NAME, {"project"}, {"project"})
        management = Management.configured(setup)
        return cls(management, Gateway(setup.http("project"), management))

    def probe(self, credential: Credential) -> Answer:
        return self.gateway.probe(credential.key)

    def control(self) -> Answer:
        return self.gateway.control()

    def account(self, credential: Credential) -> str | None:
        """The project, or what an old key says of itself; None for a new key that the project does not have."""
        return claims_of(credential.key).ref or (self._here if self.identify(credential) else None)

    def identify(self, credential: Credential) -> list[KeyRef]:
        keys = self._keys("find the key")
        if keys is None:
            return []
        role = self._role_of(credential.key)
        if role:
            olds = [key for key in keys if key.type == LEGACY and key.name == role]
            surely_another = bool(olds) and all(key.value and key.value != credential.key for key in olds)
            certain = any(key.is_surely(credential.key) for key in olds)
            found = KeyRef(BOTH_LEGACY, f"{role}, which is revoked only with the other one", by_looks=not certain)
            return [] if surely_another else [found]
        fitting = [key for key in keys if key.type != LEGACY and key.fits(credential.key)]
        return [replace(_listed(key), by_looks=not key.is_surely(credential.key)) for key in fitting]

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        keys = self.management.keys(f"read key {key_id}", SNAPSHOT_SECONDS / 2)
        if key_id == BOTH_LEGACY:
            role = self._role_of(credential.key)
            scopes = (SECRET, f"role:{role}") if role == SERVICE_ROLE else (PUBLISHABLE,)
            facts = {
                "role": role,
                "is revoked with it": "the other key of the old kind: anon and service_role go together",
            }
            return Snapshot(self._here, scopes, facts=facts)
        key = next((each for each in keys if each.id == key_id), None)
        if key is None:
            raise Missing(NAME, f"read key {key_id}", "the project has no such key")
        facts = {"name": key.name, "last use": "not shown by Supabase"}
        if key.created_at:
            facts["made"] = key.created_at.isoformat()
        if key.claims is None:
            facts["scopes"] = "the claims of its tokens have an undocumented form: a person must check"
            return Snapshot(self._here, None, facts=facts)
        more = {name: claim for name, claim in key.claims.items() if (name, claim) != ("role", key.role)}
        if more:
            facts[CLAIMS] = json.dumps(more, sort_keys=True)
        return Snapshot(self._here, (key.type, *((f"role:{key.role}",) if key.role else ())), facts=facts)

    def issue(self, name: str, like: Snapshot) -> Issued:
        """A key of the new kind, secret or publishable, with the role and the other claims that the old one had."""
        verb, wanted = f"make key {name}", like.scopes or ()
        kind = next((each for each in wanted if each in {SECRET, PUBLISHABLE}), None)
        if kind is None:
            raise Refused(NAME, verb, f"whether it is to be {SECRET} or {PUBLISHABLE} is not known")
        role = next((each.removeprefix("role:") for each in wanted if each.startswith("role:")), "")
        claims = json.loads(like.facts.get(CLAIMS, "{}")) | ({"role": role} if role else {})
        made = self.management.make(name, kind, claims, verb)
        if not made.id or not made.value:
            raise Unexpected(NAME, verb, "the answer does not show the new key")
        return Issued(made.id, Credential.single(made.value))

    def issued(self, prefix: str) -> list[KeyRef]:
        keys = self._keys("list keys") or []
        return [_listed(key) for key in keys if key.type != LEGACY and key.name.startswith(prefix)]

    def revoke(self, held: Held) -> None:
        """Deletes a key of the new kind for good; switches the old pair off, which can be undone."""
        verb = f"revoke key {held.key_id}"
        if held.key_id == BOTH_LEGACY:
            self._end_legacy(held, verb)
            return
        if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", held.key_id):
            raise Refused(NAME, verb, "its id is not of Supabase's form")
        key = next((each for each in self._keys(verb) or [] if each.id == held.key_id), None)
        if key is None:
            return
        if not held.credential.key:
            demand_made(NAME, verb, key.name)
        elif not key.fits(held.credential.key):
            raise Refused(NAME, verb, "the key of this id is no longer the recorded one")
        self.management.delete(held.key_id, verb, leaked=bool(held.credential.key))

    def leftovers(self, since: datetime, _credential: Credential, key_id: str) -> list[Leftover]:
        """Newer keys of the new kind, and the legacy JWT secret while it is trusted and an old key leaked."""
        keys = self.management.keys("list keys")
        found = newer((Leftover(KEYS, key.id, key.name, key.created_at) for key in keys if key.id != key_id), since)
        if key_id == BOTH_LEGACY:
            signing = self.management.signing_keys("list signing keys")
            shared = [key for key in signing if key.algorithm == "HS256" and key.status.upper() != _REVOKED]
            found += [Leftover(JWT_SECRET, key.id, f"{key.algorithm}, {key.status}", key.created_at) for key in shared]
        return found

    def use(self, held: Held, look: Look) -> UseReport:
        return logs.use_of(self.management, held.credential.key, look)

    def _end_legacy(self, held: Held, verb: str) -> None:
        if not self._role_of(held.credential.key):
            raise Refused(NAME, verb, "the value is not a key of the old kind of this project")
        if self.management.legacy_enabled(verb) and self.management.disable_legacy(verb):
            raise Unexpected(NAME, verb, "the old keys are still reported enabled")

    def _keys(self, verb: str) -> list[Key] | None:
        """The project's keys; None if it is gone, and its keys with it."""
        try:
            return self.management.keys(verb)
        except Missing:
            return None

    @property
    def _here(self) -> str:
        return self.management.project

    def _role_of(self, value: Secret) -> str:
        return legacy_role(value, self._here)


def _listed(key: Key) -> KeyRef:
    return KeyRef(key.id, key.name, key.prefix, key.created_at)
