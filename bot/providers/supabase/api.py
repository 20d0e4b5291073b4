"""Supabase's Management API for keys. Source: the OpenAPI file of supabase/cli, api-keys and config/auth/signing-keys.

The list with `reveal=true` holds every working key of the project: it is parsed into narrow types here, compared in
memory, and passed no further.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Unpack

import msgspec
from msgspec import Struct

from bot.decoding import decode
from bot.errors import ConfigurationError
from bot.model.priority import Priority
from bot.net.http import Content, Http, Reply
from bot.providers.contract import Setup
from bot.secrets.secret import Secret

NAME = "supabase"
SERVICE_ROLE = "service_role"
LEGACY_ROLES = ("anon", SERVICE_ROLE)
PUBLISHABLE, SECRET, LEGACY = "publishable", "secret", "legacy"
REFERENCE = re.compile(r"[a-z0-9][a-z0-9-]{2,61}[a-z0-9]")
"""A project's reference: a label of its host's name, and a part of paths."""
_WHOLE = re.compile(r"sb_(secret|publishable)_[A-Za-z0-9_-]+|ey[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""A key that the list does not mask."""
_SHOWN = re.compile(r"sb_(?:secret|publishable)_[A-Za-z0-9_-]{4,}")
"""A prefix that says something of a key: what all keys of a kind begin with says nothing."""


class _Key(Struct):
    name: str
    id: str | None = None
    type: str | None = None
    api_key: str | None = None
    prefix: str | None = None
    inserted_at: str | None = None
    hash: str | None = None
    secret_jwt_template: object = None


class _Switch(Struct):
    enabled: bool


class _SigningKey(Struct):
    id: str
    algorithm: str
    status: str
    created_at: str | None = None


class _SigningKeys(Struct):
    keys: list[_SigningKey]


class _Claims(Struct):
    ref: str = ""
    role: str = ""


@dataclass(frozen=True)
class Key:
    """A key in the list. `value` is empty if the list does not show it, or masks it.

    `digest` is the list's hash. `claims` are the ones of its tokens, with `role`; None if the answer has them in an
    undocumented form.
    """

    id: str
    name: str
    type: str
    value: Secret
    prefix: str
    created_at: datetime | None
    digest: str = ""
    claims: Mapping[str, object] | None = field(default_factory=dict)

    @property
    def role(self) -> str:
        """Empty for a key that names none."""
        role = (self.claims or {}).get("role")
        return role if isinstance(role, str) else ""

    def is_surely(self, value: Secret) -> bool:
        """Whether the list shows `value`, or its SHA-256. The form of the hash is not documented, but an equal one is
        proof.
        """
        return self.value == value if self.value else self.digest == sha256(value.reveal().encode()).hexdigest()

    def fits(self, value: Secret) -> bool:
        """Whether `value` can be this key: surely so where the list shows it, else as far as its prefix tells."""
        if self.value or self.is_surely(value):
            return self.is_surely(value)
        return bool(_SHOWN.fullmatch(self.prefix)) and value.reveal().startswith(self.prefix)


@dataclass(frozen=True)
class SigningKey:
    id: str
    algorithm: str
    status: str
    created_at: datetime | None


@dataclass(frozen=True)
class Management:
    """`admin` reads an access token of the account (``sbp_…``); `project` is the project's reference."""

    http: Http
    admin: Callable[[], Secret]
    project: str

    @classmethod
    def configured(cls, setup: Setup) -> Management:
        project = setup.options.get("project", "")
        if not REFERENCE.fullmatch(project):
            raise ConfigurationError(f"{NAME}: the option 'project' is not a project's reference, as in its URL")
        return cls(setup.http("api"), setup.admin_for(NAME), project)

    def keys(self, verb: str, timeout: float | None = None) -> list[Key]:
        """All keys of the project with their values."""
        http = self.http if timeout is None else self.http.with_timeout(timeout)
        reply = replace(self, http=http).ask("GET", "/api-keys", verb, query={"reveal": "true"})
        return [_key(each) for each in reply.expect(200).parse(list[_Key])]

    def make(self, name: str, kind: str, claims: Mapping[str, object], verb: str) -> Key:
        """A new key. Without `reveal` its value may be masked."""
        body: dict[str, object] = {"name": name, "type": kind}
        if kind == SECRET and claims:
            body["secret_jwt_template"] = dict(claims)
        reply = self.ask("POST", "/api-keys", verb, Priority.PUT, query={"reveal": "true"}, json_body=body)
        return _key(reply.expect(201).parse(_Key))

    def delete(self, key_id: str, verb: str, *, leaked: bool) -> None:
        """Cannot be undone. One that is gone already is as good."""
        query = {"was_compromised": str(leaked).lower(), "reason": "ended by compromise-bot"}
        self.ask("DELETE", f"/api-keys/{key_id}", verb, Priority.REVOKE, query=query).expect(200, 404)

    def legacy_enabled(self, verb: str) -> bool:
        """Whether the pair of legacy keys is accepted. Supabase has announced that 404 will mean that there is none."""
        reply = self.ask("GET", "/api-keys/legacy", verb, Priority.REVOKE)
        return reply.status != 404 and reply.expect(200).parse(_Switch).enabled

    def disable_legacy(self, verb: str) -> bool:
        """Switches both legacy keys off; whether they still are on, as answered."""
        reply = self.ask("PUT", "/api-keys/legacy", verb, Priority.REVOKE, query={"enabled": "false"})
        return reply.expect(200).parse(_Switch).enabled

    def signing_keys(self, verb: str) -> list[SigningKey]:
        found = self.ask("GET", "/config/auth/signing-keys", verb).expect(200).parse(_SigningKeys)
        return [SigningKey(key.id, key.algorithm, key.status, _time(key.created_at)) for key in found.keys]

    def ask(
        self, method: str, path: str, verb: str, priority: Priority = Priority.READ, **content: Unpack[Content]
    ) -> Reply:
        path = f"/v1/projects/{self.project}{path}"
        return self.http.send(method, path, verb=verb, priority=priority, bearer=self.admin(), **content)


def legacy_role(value: Secret, project: str) -> str:
    """The role of a legacy key of this project, which is a JSON Web Token; empty for any other value."""
    claims = claims_of(value)
    return claims.role if claims.ref == project and claims.role in LEGACY_ROLES else ""


def claims_of(value: Secret) -> _Claims:
    """The claims of a JSON Web Token, unchecked; empty for any other value."""
    parts = value.reveal().split(".")
    if len(parts) != 3:
        return _Claims()
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return decode(payload, _Claims)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        return _Claims()


def _key(found: _Key) -> Key:
    shown = found.api_key or ""
    whole = shown if _WHOLE.fullmatch(shown) else ""
    template = found.secret_jwt_template
    return Key(
        id=found.id or "",
        name=found.name,
        type=found.type or "",
        value=Secret(whole),
        prefix=found.prefix or "",
        created_at=_time(found.inserted_at),
        digest=(found.hash or "").lower(),
        claims={} if template is None else template if isinstance(template, dict) else None,
    )


def _time(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
