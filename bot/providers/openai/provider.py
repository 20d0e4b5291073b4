"""OpenAI project API keys.

Sources: the OpenAPI specification of OpenAI's platform and openai-python 3.57, which says that the keys of a service
account can be deleted singly, where the specification said that they cannot. People's keys cannot be made by API.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Self

from bot.errors import Missing, NotAlone, Refused, Unexpected
from bot.model.keys import KeyRef, Leftover, Owner, Snapshot
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.model.uses import Use, UseReport
from bot.net.http import Http
from bot.providers.cards import load_card
from bot.providers.contract import (
    REGION,
    SNAPSHOT_SECONDS,
    Card,
    Held,
    Issued,
    Setup,
    demand_captured,
    demand_made,
    newer,
    unclear_if_it_fails,
    utc,
)
from bot.providers.looks import Look
from bot.providers.openai.api import (
    NAME,
    Administration,
    Deleted,
    Key,
    KeyOwner,
    MadeKey,
    Page,
    Project,
    account_path,
    fits,
    key_path,
    probe,
)
from bot.providers.openai.owner import delete_account, has_own_account, made_as, owner_of, with_own_account
from bot.providers.openai.usage import ACCOUNT_MADE, KEY_MADE, use_of
from bot.secrets.secret import Credential, Secret

REGIONS = {name: {"api": name} for name in ("us", "eu", "ae")}
"""Source: openai-python, its named endpoints of data residency."""


@dataclass(frozen=True)
class ProjectKeys:
    """Keys of projects, of any author. Key ids are ``project/key``: OpenAI reads and deletes keys by project."""

    options: ClassVar[frozenset[str]] = frozenset({"project", REGION})
    http: Http
    administration: Administration
    service_account: str

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        """The option `region` (us, eu, ae) is that of a project with data residency: its keys are accepted at that
        region's host only. The organisation is administered at the usual host.
        """
        setup.check_options(NAME, cls.options)
        http = setup.in_region(NAME, REGIONS)("api")
        administration = Administration(setup.http("api"), setup.admin_for(NAME), setup.options.get("project", ""))
        return cls(http, administration, setup.options.get("service_account", ""))

    def probe(self, credential: Credential) -> Answer:
        return probe(self.http, credential.key)

    @unclear_if_it_fails
    def control(self) -> Answer:
        """The admin key at the very host that `probe` asks. Where a region's host does not know it, that says nothing,
        and the new key has to be the control.
        """
        path, verb = "/organization/projects", "probe the admin key"
        asked = replace(self.administration, http=self.http)
        reply = asked.ask("GET", path, verb, Priority.VERIFY, query={"limit": 1})
        if reply.status != 200:
            return Answer(Liveness.UNKNOWN, f"the admin key got HTTP {reply.status}")
        reply.parse(Page[Project])
        return Answer(Liveness.LIVE, "the admin key was accepted")

    def account(self, credential: Credential) -> str | None:
        """The project, if all keys that `credential` can be are of one."""
        projects = {key.id.partition("/")[0] for key in self.identify(credential)}
        return projects.pop() if len(projects) == 1 else None

    def identify(self, credential: Credential) -> list[KeyRef]:
        """By the first and last characters, because OpenAI shows no more."""
        value = credential.key.reveal()
        found = [_key_id(project, key) for project, key in self.administration.listed() if key.fits(value)]
        return [replace(key, by_looks=True) for key in found]

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        http, verb = self.administration.http.with_timeout(SNAPSHOT_SECONDS), f"read key {key_id}"
        reply = http.send("GET", key_path(key_id), verb=verb, bearer=self.administration.admin())
        key = reply.expect(200).parse(Key)
        demand_captured(NAME, verb, key_id, f"{key_id.partition('/')[0]}/{key.id}")
        if not key.fits(credential.key.reveal()):
            raise Refused(NAME, verb, "the key with this id does not look like that key")
        owner = key.owner or KeyOwner()
        facts = {
            "hint": key.redacted_value,
            "scopes": "not shown by OpenAI: compare them with the role of the service account",
        }
        if owner.type == "user":
            facts["successor"] = "a person's key, which OpenAI lets only that person make: the service account gets one"
        if (expires := utc(key.expires_at)) is not None:
            facts["expires at"] = expires.isoformat()
        used = utc(key.last_used_at)
        return Snapshot(account=key_id.partition("/")[0], owner=owner.name, last_used_at=used, facts=facts)

    def revoke(self, held: Held) -> None:
        """NotAlone if OpenAI applies its older rule, by which a service account's keys can only be deleted with it.

        A key whose value was lost is deleted with the account that was made for it.
        """
        verb = f"revoke key {held.key_id}"
        key = self._captured(held, verb)
        if key is None:
            return
        reply = self.administration.ask("DELETE", key_path(held.key_id), verb, Priority.REVOKE)
        if reply.status == 404:
            return
        if key.owner and key.owner.type == "service_account" and reply.status in {400, 403, 405, 409}:
            if not held.credential.key and has_own_account(self.administration, held.key_id, key, verb):
                delete_account(self.administration, held.key_id.partition("/")[0], key.account.id, verb)
                return
            raise NotAlone(NAME, verb, f"HTTP {reply.status}: this key of a service account does not end by itself")
        if not reply.expect(200).parse(Deleted).deleted:
            raise Unexpected(NAME, verb, "the answer says that the key was not deleted")

    def leftovers(self, since: datetime, _credential: Credential, key_id: str) -> list[Leftover]:
        """Keys of all projects of the organisation, and of its administration, that are newer than `since`; not the one
        admin key that the bot itself works with.
        """
        everywhere = replace(self.administration, project="")
        keys = [_key_id(project, key) for project, key in everywhere.listed()]
        found = [Leftover("project-keys", key.id, key.name, key.created_at) for key in keys if key.id != key_id]
        admins, own = everywhere.admin_keys(), self.administration.admin().reveal()
        looks = [key.id for key in admins if fits(key.redacted_value, own)]
        admins = [key for key in admins if looks != [key.id]]
        found += [Leftover("admin-keys", key.id, key.name or "", utc(key.created_at)) for key in admins]
        return newer(found, since)

    def use(self, held: Held, look: Look) -> UseReport:
        return use_of(self.administration, held.key_id, look)

    def still_there(self, made: Sequence[Use]) -> Iterator[tuple[Use, bool]]:
        """By the list of keys; a service account without a key can do nothing. `usage.use_of` tells only of a key whose
        id is the same in the audit log and in that list.
        """
        keys = [key for _, key in replace(self.administration, project="").listed()]
        listed = {key.id for key in keys} | {key.account.id for key in keys}
        return ((use, use.what[-1] in listed) for use in made if use.action in {KEY_MADE, ACCOUNT_MADE})

    def _captured(self, held: Held, verb: str) -> Key | None:
        """The key as it is listed now, None if it is gone. Refused if it is another one, or the bot's own."""
        if held.credential.key and held.credential.key == self.administration.admin():
            raise Refused(NAME, verb, "this is the admin key that the bot itself uses")
        reply = self.administration.ask("GET", key_path(held.key_id), verb, Priority.REVOKE)
        if reply.status == 404:
            return None
        key = reply.expect(200).parse(Key)
        demand_captured(NAME, verb, held.key_id, f"{held.key_id.partition('/')[0]}/{key.id}")
        if not held.credential.key:
            demand_made(NAME, verb, made_as(key))
        elif not key.fits(held.credential.key.reveal()):
            raise Refused(NAME, verb, "the key of this id is no longer the recorded one")
        return key


@dataclass(frozen=True)
class OpenAI(ProjectKeys):
    """Keys of service accounts, which the machine makes."""

    card: ClassVar[Card] = load_card(__file__)
    options: ClassVar[frozenset[str]] = ProjectKeys.options | {"service_account"}

    def issue(self, name: str, like: Snapshot) -> Issued:
        """Makes a key of the service account; without known scopes it has all the rights of that account's role.

        If the catalog names no account, it gets one of its own, with which it can be deleted.
        """
        verb, project = f"make key {name}", self.administration.project
        if not project:
            raise Refused(NAME, verb, "the catalog entry needs the option project")
        if not self.service_account:
            if like.scopes is not None:
                raise Refused(NAME, verb, "the key of a new service account has all the rights of a member")
            return with_own_account(self.administration, name, verb)
        body: dict[str, object] = {"name": name}
        if like.scopes is not None:
            if not like.scopes:  # OpenAI reads an empty list as all rights
                raise Refused(NAME, verb, "OpenAI cannot make a key that has no scope")
            body["scopes"] = list(like.scopes)
        path = f"{account_path(project, self.service_account)}/api_keys"
        made = self.administration.ask("POST", path, verb, Priority.PUT, json_body=body).expect(200, 201).parse(MadeKey)
        return Issued(f"{project}/{made.id}", Credential.single(Secret(made.value)))

    def issued(self, prefix: str) -> list[KeyRef]:
        keys = [_key_id(project, key, made_as(key)) for project, key in self.administration.listed()]
        return [key for key in keys if key.name.startswith(prefix)]

    def owner(self, held: Held) -> Owner:
        verb = f"find the owner of key {held.key_id}"
        key = self._captured(held, verb)
        if key is None:
            raise Missing(NAME, verb, "the key is gone")
        return owner_of(self.administration, held.key_id, key, verb)

    def revoke_with_owner(self, held: Held, owner_id: str) -> None:
        """Deletes the service account. Refused while it owns other keys, or the admin key that the bot itself uses."""
        verb = f"delete the service account {owner_id}"
        key = self._captured(held, verb)
        if key is None:
            return
        owner = owner_of(self.administration, held.key_id, key, verb)
        if owner.id != owner_id:
            raise Refused(NAME, verb, "it is no longer what the key belongs to")
        if not owner.alone:
            raise Refused(NAME, verb, f"other working keys would be revoked with it: {owner.words}")
        delete_account(self.administration, held.key_id.partition("/")[0], owner_id, verb)


@dataclass(frozen=True)
class OpenAIUserKey(ProjectKeys):
    """Keys of a person, if the product must stay on such a key: OpenAI lets only that person make one. If the next key
    may belong to a service account, the entry names that account and needs no kind.
    """

    card: ClassVar[Card] = load_card(__file__, "user-key")

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        kept = super().snapshot(credential, key_id)
        return replace(kept, facts={name: fact for name, fact in kept.facts.items() if name != "successor"})


def _key_id(project: str, key: Key, name: str | None = None) -> KeyRef:
    used = utc(key.last_used_at)
    return KeyRef(f"{project}/{key.id}", name or key.name or "", key.redacted_value, utc(key.created_at), used)
