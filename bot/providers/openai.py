"""OpenAI project API keys.

Sources: the OpenAPI specification of OpenAI's platform and openai-python 3.57, which says that the keys of a service
account can be deleted singly, where the specification said that they cannot. People's keys cannot be made by API.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self
from urllib.parse import quote

from msgspec import Struct

from bot.errors import OutsideError, Refused, Unexpected
from bot.http import Http
from bot.limits import Rank
from bot.providers.contract import SNAPSHOT_SECONDS, Answer, Card, Held, Issued, KeyId, Liveness, Setup, Snapshot
from bot.providers.openai_admin import NAME, Administration, Key, KeyOwner, Page, Project, key_path, utc
from bot.secret import Credential, Secret

KNOWN_CODES = frozenset({"ip_not_authorized", "insufficient_quota", "rate_limit_exceeded", "account_deactivated"})
"""Codes that are repeated in an answer's detail: anything else of a body may hold a part of the key."""


class _Made(Struct):
    id: str
    value: str


class _Deleted(Struct):
    deleted: bool


class _Error(Struct):
    code: str | None = None
    message: str | None = None

    @property
    def lacks_rights(self) -> bool:
        """A refusal that comes only after the key was recognised."""
        message = (self.message or "").lower()
        return self.code == "missing_scope" or "missing scopes" in message or "insufficient permissions" in message


class _Failure(Struct):
    error: _Error


class _Models(Struct):
    object: str
    data: list[Project]


@dataclass(frozen=True)
class OpenAI:
    """Key ids are ``project/key`` here, since OpenAI reads and deletes keys by project."""

    card: ClassVar[Card] = Card(
        name=NAME,
        title="OpenAI",
        console="https://platform.openai.com/api-keys",
        hosts={"api": "https://api.openai.com/v1"},
        issue_by_hand=(
            "1. Open https://platform.openai.com/api-keys and choose the project.\n"
            "2. Press “Create new secret key”, owned by a service account, with the permissions of the old key.\n"
            "3. Hand the value over with `bot submit`, never in Slack."
        ),
        revoke_by_hand=(
            "1. Open https://platform.openai.com/api-keys and choose the project.\n"
            "2. Find the key by its last characters, press the bin beside it and confirm."
        ),
    )
    http: Http
    administration: Administration
    service_account: str

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options(NAME, {"project", "service_account"})
        http = setup.http("api")
        administration = Administration(http, setup.admin_for(NAME), setup.options.get("project", ""))
        return cls(http, administration, setup.options.get("service_account", ""))

    def probe(self, credential: Credential) -> Answer:
        """Lists the models: every key may ask, and one without that right is refused only after it was recognised."""
        try:
            reply = self.http.send("GET", "/models", verb="probe a key", rank=Rank.VERIFY, bearer=credential.key)
            if reply.status == 200:
                reply.parse(_Models)
                return Answer(Liveness.LIVE, "HTTP 200")
            error = reply.parse(_Failure).error
        except OutsideError as failure:
            return Answer(Liveness.UNKNOWN, failure.cause)
        if reply.status == 401 and error.code == "invalid_api_key":
            return Answer(Liveness.DEAD, "HTTP 401 invalid_api_key")
        if reply.status in {401, 403} and error.lacks_rights:
            return Answer(Liveness.LIVE, f"HTTP {reply.status}, recognised but without this right")
        code = f" {error.code}" if error.code in KNOWN_CODES else ""
        return Answer(Liveness.UNKNOWN, f"HTTP {reply.status}{code}")

    def control(self) -> Answer:
        path, verb = "/organization/projects", "probe the admin key"
        try:
            reply = self.administration.ask("GET", path, verb, Rank.VERIFY, query={"limit": 1})
            if reply.status == 200:
                reply.parse(Page[Project])
                return Answer(Liveness.LIVE, "the admin key was accepted")
        except OutsideError as failure:
            return Answer(Liveness.UNKNOWN, failure.cause)
        return Answer(Liveness.UNKNOWN, f"the admin key got HTTP {reply.status}")

    def account(self, credential: Credential) -> str | None:
        """The project, if all keys that `credential` can be are of one."""
        projects = {key.id.partition("/")[0] for key in self.identify(credential)}
        return projects.pop() if len(projects) == 1 else None

    def identify(self, credential: Credential) -> list[KeyId]:
        value = credential.key.reveal()
        return [_key_id(project, key) for project, key in self.administration.listed() if key.fits(value)]

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        http, verb = self.http.with_timeout(SNAPSHOT_SECONDS), f"read key {key_id}"
        reply = http.send("GET", key_path(key_id), verb=verb, bearer=self.administration.admin())
        key = reply.expect(200).parse(Key)
        if not key.fits(credential.key.reveal()):
            raise Refused(NAME, verb, "the key of this id does not look like the value in question")
        owner = key.owner or KeyOwner()
        facts = {
            "hint": key.redacted_value,
            "scopes": "not shown by OpenAI: a person has to compare them with the role of the service account",
        }
        if owner.type == "user":
            facts["successor"] = "a person's key, which OpenAI lets only that person make: the service account gets one"
        if key.expires_at is not None:
            facts["expires at"] = utc(key.expires_at).isoformat()
        used = utc(key.last_used_at) if key.last_used_at is not None else None
        return Snapshot(account=key_id.partition("/")[0], owner=owner.name, last_used_at=used, facts=facts)

    def issue(self, name: str, like: Snapshot) -> Issued:
        """Makes a key of the service account; without known scopes it has all the rights of that account's role."""
        verb, project = f"make key {name}", self.administration.project
        if not (project and self.service_account):
            raise Refused(NAME, verb, "the catalog entry needs the options project and service_account")
        body: dict[str, object] = {"name": name}
        if like.scopes is not None:
            if not like.scopes:  # OpenAI reads an empty list as all rights
                raise Refused(NAME, verb, "OpenAI cannot make a key that has no scope")
            body["scopes"] = list(like.scopes)
        path = f"/organization/projects/{quote(project, '')}/service_accounts/{quote(self.service_account, '')}"
        reply = self.administration.ask("POST", f"{path}/api_keys", verb, Rank.PUT, json_body=body)
        made = reply.expect(200, 201).parse(_Made)
        return Issued(f"{project}/{made.id}", Credential.single(Secret(made.value)))

    def issued(self, prefix: str) -> list[KeyId]:
        keys = [_key_id(project, key) for project, key in self.administration.listed()]
        return [key for key in keys if key.name.startswith(prefix)]

    def revoke(self, held: Held) -> None:
        verb, path, ask = f"revoke key {held.key_id}", key_path(held.key_id), self.administration.ask
        if held.credential.key and held.credential.key == self.administration.admin():
            raise Refused(NAME, verb, "this is the admin key that the bot itself uses")
        reply = ask("GET", path, verb, Rank.REVOKE)
        if reply.status == 404:
            return
        key = reply.expect(200).parse(Key)
        if held.credential.key and not key.fits(held.credential.key.reveal()):
            raise Refused(NAME, verb, "the key of this id is no longer the one that was captured")
        reply = ask("DELETE", path, verb, Rank.REVOKE)
        if reply.status == 404:
            return
        if key.owner and key.owner.type == "service_account" and reply.status in {400, 403, 405, 409}:
            cause = f"HTTP {reply.status}: delete its service account instead, if that owns no other live key"
            raise Refused(NAME, verb, cause)
        if not reply.expect(200).parse(_Deleted).deleted:
            raise Unexpected(NAME, verb, "the answer says that the key was not deleted")


def _key_id(project: str, key: Key) -> KeyId:
    used = utc(key.last_used_at) if key.last_used_at is not None else None
    return KeyId(f"{project}/{key.id}", key.name or "", key.redacted_value, utc(key.created_at), used)
