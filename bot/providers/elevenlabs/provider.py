"""ElevenLabs API keys: of service accounts, which workspaces with several seats have, and of people. Sources: see
`api.py`.

A service account's key is switched off first, which can be taken back, and deleted once the investigation is over. Only
its owner makes a person's key, in the dashboard; it may switch itself off where its workspace lets it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Self

from msgspec import Struct, field

from bot.errors import Missing, Refused
from bot.model.keys import KeyRef, Leftover, Snapshot
from bot.model.priority import Priority
from bot.model.probes import Answer
from bot.model.uses import UseReport
from bot.providers.cards import load_card
from bot.providers.contract import REGION, SNAPSHOT_SECONDS, Card, Held, Issued, Setup, demand_made, newer, utc
from bot.providers.elevenlabs import usage
from bot.providers.elevenlabs.api import ALL, NAME, REGIONS, ElevenLabsApi, Key, key_path, keys_path
from bot.providers.looks import Look
from bot.secrets.secret import Credential, Secret

_PERSONS = re.compile(r"(?:sk_)?[0-9a-f]{32,64}")
SERVICE_ACCOUNTS = "service accounts"
LIMIT = "character limit"
NO_UPDATE = "no_update"
"""The value that leaves a field unchanged in an update. Source: elevenlabs-python."""


class _Made(Struct):
    key_id: str
    xi_api_key: str = field(name="xi-api-key")


@dataclass(frozen=True)
class ElevenLabs:
    """Key ids are ``service account/key`` here. The admin credential is a workspace administrator's key."""

    card: ClassVar[Card] = load_card(__file__)
    api: ElevenLabsApi
    service_account: str

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `region` (us, eu, in, sg) is the workspace's."""
        setup.check_options(NAME, {"service_account", REGION})
        http = setup.in_region(NAME, REGIONS)("api")
        return cls(ElevenLabsApi(http, setup.admin_for(NAME)), setup.options.get("service_account", ""))

    def probe(self, credential: Credential) -> Answer:
        return self.api.probe(credential.key)

    def control(self) -> Answer:
        return self.api.control("the admin key")

    def account(self, credential: Credential) -> str | None:
        """The service account, if all keys that `credential` can be are of one."""
        accounts = {key.id.partition("/")[0] for key in self.identify(credential)}
        return accounts.pop() if len(accounts) == 1 else None

    def identify(self, credential: Credential) -> list[KeyRef]:
        """By digest where ElevenLabs' is a plain one, else by the characters that the list shows."""
        listed = [(each.service_account_user_id, key) for each in self.api.service_accounts() for key in each.api_keys]
        certain = [(account, key) for account, key in listed if key.is_by_digest(credential.key)]
        likely = [(account, key) for account, key in listed if key.fits(credential.key)]
        found = [_key_id(account, key) for account, key in certain or likely]
        return [replace(key, by_looks=not certain) for key in found]

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        verb, account = f"read key {key_id}", key_id.partition("/")[0]
        found = replace(self.api, http=self.api.http.with_timeout(SNAPSHOT_SECONDS)).service_accounts()
        keys = {_key_id(each.service_account_user_id, key).id: key for each in found for key in each.api_keys}
        if key_id not in keys:
            raise Missing(NAME, verb, "no service account has it")
        key = keys[key_id]
        _demand_same(key, credential.key, verb)
        facts = {"name": key.name, "hint": key.hint, "last use": "not shown by ElevenLabs"}
        if key.character_limit is not None:
            facts[LIMIT] = str(key.character_limit)
        if (expires := utc(key.expires_at_unix)) is not None:
            facts["expires at"] = f"{expires.isoformat()}; its successor does not expire"
        return Snapshot(
            account=account,
            scopes=_scopes(key),
            owner=next((each.name for each in found if each.service_account_user_id == account), ""),
            allowed_addresses=tuple(key.allowed_ips or ()),
            facts=facts,
        )

    def issue(self, name: str, like: Snapshot) -> Issued:
        """Makes a key with the permissions, the character limit and the addresses of `like`."""
        verb = f"make key {name}"
        if not self.service_account:
            raise Refused(NAME, verb, "the catalog entry needs the option service_account")
        if not like.scopes:
            raise Refused(NAME, verb, "the old key's permissions are unknown: choose them")
        permissions = ALL if like.scopes == (ALL,) else list(like.scopes)
        body: dict[str, object] = {"name": name, "permissions": permissions}
        if LIMIT in like.facts:
            body["character_limit"] = int(like.facts[LIMIT])
        if like.allowed_addresses:
            body["allowed_ips"] = list(like.allowed_addresses)
        reply = self.api.ask("POST", keys_path(self.service_account), verb, Priority.PUT, body=body)
        made = reply.expect(200, 201).parse(_Made)
        key_id = f"{self.service_account}/{made.key_id}"
        key_path(key_id)
        return Issued(key_id, Credential.single(Secret(made.xi_api_key)))

    def issued(self, prefix: str) -> list[KeyRef]:
        """Only keys that are switched on: others give no access."""
        keys = self.api.keys(self.service_account)
        return [_key_id(self.service_account, k) for k in keys if k.name.startswith(prefix) and not k.is_disabled]

    def revoke(self, held: Held) -> None:
        """Switches the key off. A key whose value was lost is deleted: it holds no evidence."""
        verb, path = f"revoke key {held.key_id}", key_path(held.key_id)
        key = self._ours(held, verb)
        if key is None:
            return
        if not held.credential.key:
            self.api.ask("DELETE", path, verb, Priority.REVOKE).expect(200, 204, 404)
        elif not key.is_disabled:
            self._switch_off(key, path, verb)

    def delete(self, held: Held) -> None:
        verb, path = f"delete key {held.key_id}", key_path(held.key_id)
        key = self._ours(held, verb)
        if key is None:
            return
        if not key.is_disabled:
            raise Refused(NAME, verb, "it is enabled")
        self.api.ask("DELETE", path, verb, Priority.REVOKE).expect(200, 204, 404)

    def revoke_itself(self, credential: Credential) -> None:
        self.api.disable_itself(credential.key)

    def leftovers(self, since: datetime, _credential: Credential, key_id: str) -> list[Leftover]:
        """Service accounts and keys of any of them that were made since; not the one that the bot itself works with."""
        accounts = self.api.service_accounts()
        made = [KeyRef(a.service_account_user_id, a.name, "", utc(a.created_at_unix)) for a in accounts]
        keys = [(a.service_account_user_id, key) for a in accounts for key in a.api_keys]
        own = [key.key_id for _, key in keys if key.fits(self.api.admin())]
        made += [_key_id(account, key) for account, key in keys if own != [key.key_id]]
        made = [each for each in made if each.id != key_id]
        return newer((Leftover(SERVICE_ACCOUNTS, each.id, each.name, each.created_at) for each in made), since)

    def use(self, held: Held, look: Look) -> UseReport:
        return usage.use_of(self.api, held.key_id, look)

    def _switch_off(self, key: Key, path: str, verb: str) -> None:
        """By the call that is made for it, which works after a downgrade of the workspace too. Where ElevenLabs does
        not have it, by an update, which has to name everything that is to stay.
        """
        reply = self.api.ask("POST", f"{path}/disable", verb, Priority.REVOKE)
        if reply.status not in {404, 405}:
            reply.expect(200, 204)
            return
        body = {"is_enabled": False, "name": key.name, "permissions": key.permissions or NO_UPDATE}
        self.api.ask("PATCH", path, verb, Priority.REVOKE, body=body).expect(200, 204, 404)

    def _ours(self, held: Held, verb: str) -> Key | None:
        """The key as it is now, None if it is gone. Refused if it is another than was captured, or the bot's own."""
        admin, (account, _, name) = self.api.admin(), held.key_id.partition("/")
        key = next((each for each in self.api.keys(account) if each.key_id == name), None)
        if key is None:
            return None
        if held.credential.key == admin or key.fits(admin):
            raise Refused(NAME, verb, "this is the admin key that the bot itself uses")
        if not held.credential.key:
            demand_made(NAME, verb, key.name)
        _demand_same(key, held.credential.key, verb)
        return key


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
        return [KeyRef(f"…{value[-4:]}", hint=f"…{value[-4:]}")] if _PERSONS.fullmatch(value) else []

    def revoke_itself(self, credential: Credential) -> None:
        self.api.disable_itself(credential.key)


def _demand_same(key: Key, value: Secret, verb: str) -> None:
    if value and key.fits(value) is False and not key.is_by_digest(value):
        raise Refused(NAME, verb, "the key with this id does not look like that key")


def _key_id(account: str, key: Key) -> KeyRef:
    return KeyRef(f"{account}/{key.key_id}", key.name, key.hint, utc(key.created_at_unix))


def _scopes(key: Key) -> tuple[str, ...] | None:
    match key.permissions:
        case None | []:
            return None
        case str():
            return (ALL,) if key.permissions == ALL else None
        case permissions:
            return tuple(sorted(permissions))
