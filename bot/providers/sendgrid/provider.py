"""SendGrid API keys. Source: Twilio SendGrid's OpenAPI files tsg_api_keys_v3 and tsg_scopes_v3.

A key is ``SG.<api_key_id>.<secret>``: the value contains its id at the provider.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from msgspec import Struct

from bot.errors import Refused, Unexpected
from bot.model.keys import KeyRef, Snapshot
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.model.uses import UseReport
from bot.net.http import Http, Reply
from bot.providers.cards import load_card
from bot.providers.contract import (
    GLOBAL,
    REGION,
    SNAPSHOT_SECONDS,
    Card,
    Held,
    Issued,
    Setup,
    demand_captured,
    demand_made,
    unclear_if_it_fails,
)
from bot.providers.looks import Look
from bot.providers.sendgrid.mail_log import NAME, MailLog
from bot.secrets.secret import Credential, Secret

MOST_KEYS = 500
"""More than the 100 keys that an account can have."""
AUTOMATIC_SCOPES = frozenset({"2fa_required", "sender_verification_eligible", "sender_verification_legacy"})
"""States of the account that SendGrid lists among a key's scopes and adds by itself: they cannot be asked for."""
_VALUE = re.compile(r"SG\.([A-Za-z0-9_-]{1,64})\.[A-Za-z0-9_-]+")


class _Key(Struct):
    api_key_id: str = ""
    name: str = ""
    scopes: list[str] | None = None


class _KeyReply(_Key):
    """One key: the specification wraps it in `result`, the service answers it flat."""

    result: list[_Key] | None = None


class _Keys(Struct):
    result: list[_Key]


class _Scopes(Struct):
    scopes: list[str]


class _Made(Struct):
    api_key: str
    api_key_id: str


class _Error(Struct):
    message: str | None = None


class _Failure(Struct):
    errors: list[_Error]


@dataclass(frozen=True)
class SendGrid:
    card: ClassVar[Card] = load_card(__file__)
    http: Http
    admin: Callable[[], Secret]
    region: str

    @classmethod
    def configured(cls, setup: Setup) -> Self:
        setup.check_options(NAME, {REGION})
        http = setup.in_region(NAME, {"eu": {"api": "eu"}})("api")
        return cls(http, setup.admin_for(NAME), setup.options.get(REGION, GLOBAL))

    @unclear_if_it_fails
    def probe(self, credential: Credential) -> Answer:
        """Asks for the key's own scopes, which every key may."""
        reply = self._own_scopes(credential.key)
        if reply.status == 200:
            reply.parse(_Scopes)
            return Answer(Liveness.LIVE, "HTTP 200")
        message = _first_message(reply)
        match reply.status:
            case 401 if "authorization grant" in message and "revoked" in message:
                return Answer(Liveness.DEAD, "HTTP 401, authorization grant invalid, expired or revoked")
            case 401 if "maximum credits exceeded" in message:
                return Answer(Liveness.UNKNOWN, "HTTP 401, maximum credits exceeded")
            case 403 if "access forbidden" in message:
                return Answer(Liveness.LIVE, "HTTP 403, recognised but without this right")
            case status:
                return Answer(Liveness.UNKNOWN, f"HTTP {status}")

    @unclear_if_it_fails
    def control(self) -> Answer:
        reply = self._own_scopes(self.admin())
        if reply.status != 200:
            return Answer(Liveness.UNKNOWN, f"the admin key got HTTP {reply.status}")
        reply.parse(_Scopes)
        return Answer(Liveness.LIVE, "the admin key was accepted")

    def account(self, credential: Credential) -> str | None:
        """Our account if the admin key finds this key in it, else None."""
        return self._account_name if self.identify(credential) else None

    def identify(self, credential: Credential) -> list[KeyRef]:
        key_id = id_in(credential.key)
        if key_id is None:
            return []
        reply = self._ask("GET", f"/v3/api_keys/{key_id}", f"read key {key_id}", Priority.READ)
        if reply.status == 404:
            return []
        return [_ref(_one_key(reply.expect(200), key_id, f"read key {key_id}"))]

    def snapshot(self, credential: Credential, key_id: str) -> Snapshot:
        quick = replace(self, http=self.http.with_timeout(SNAPSHOT_SECONDS / 2))  # it may take two calls
        reply = quick._ask("GET", f"/v3/api_keys/{_checked(key_id)}", f"read key {key_id}", Priority.READ)  # noqa: SLF001 - of the same class
        key = _one_key(reply.expect(200), key_id, f"read key {key_id}")
        scopes = key.scopes
        if not scopes and credential.key:
            own = quick._own_scopes(credential.key)  # noqa: SLF001 - of the same class
            scopes = own.parse(_Scopes).scopes if own.status == 200 else None
        return Snapshot(
            account=self._account_name,
            scopes=tuple(sorted(scopes)) if scopes else None,
            facts={"name": key.name, "last use": "not shown by SendGrid"},
        )

    def issue(self, name: str, like: Snapshot) -> Issued:
        verb = f"make key {name}"
        scopes = [scope for scope in like.scopes or () if scope not in AUTOMATIC_SCOPES]
        if not scopes:  # SendGrid reads absent scopes as Full Access
            raise Refused(NAME, verb, "the old key's scopes are unknown, and a key made without any has full access")
        body = {"name": name, "scopes": scopes}
        reply = self._ask("POST", "/v3/api_keys", verb, Priority.PUT, body)
        if reply.status == 403:
            raise Refused(NAME, verb, "HTTP 403: the account has its 100 keys, or the admin key may not make keys")
        made = reply.expect(201).parse(_Made)
        if id_in(Secret(made.api_key)) != made.api_key_id:
            raise Unexpected(NAME, verb, "the answer's id is not the one in its value")
        return Issued(made.api_key_id, Credential.single(Secret(made.api_key)))

    def issued(self, prefix: str) -> list[KeyRef]:
        reply = self._ask("GET", f"/v3/api_keys?limit={MOST_KEYS}", "list keys", Priority.READ)
        return [_ref(key) for key in reply.expect(200).parse(_Keys).result if key.name.startswith(prefix)]

    def revoke(self, held: Held) -> None:
        verb = f"revoke key {held.key_id}"
        if held.key_id == id_in(self.admin()):
            raise Refused(NAME, verb, "this is the admin key that the bot itself uses")
        if held.credential.key and id_in(held.credential.key) != held.key_id:
            raise Refused(NAME, verb, "this id is not the one in the value")
        path = f"/v3/api_keys/{_checked(held.key_id)}"
        if not held.credential.key:
            found = self._ask("GET", path, verb, Priority.REVOKE)
            if found.status == 404:
                return
            demand_made(NAME, verb, _one_key(found.expect(200), held.key_id, verb).name)
        self._ask("DELETE", path, verb, Priority.REVOKE).expect(204, 404)

    def use(self, held: Held, look: Look) -> UseReport:
        return MailLog(self.http, self.admin).use(held.key_id, look)

    @property
    def _account_name(self) -> str:
        return f"{self.region} main account"

    def _own_scopes(self, key: Secret) -> Reply:
        return self.http.send("GET", "/v3/scopes", verb="probe a key", priority=Priority.VERIFY, bearer=key)

    def _ask(self, method: str, path: str, verb: str, priority: Priority, body: object = None) -> Reply:
        return self.http.send(method, path, verb=verb, priority=priority, bearer=self.admin(), json_body=body)


def id_in(key: Secret) -> str | None:
    """The id in the value, None if it does not have SendGrid's form."""
    match = _VALUE.fullmatch(key.reveal())
    return match[1] if match else None


def _ref(key: _Key) -> KeyRef:
    return KeyRef(key.api_key_id, key.name, f"SG.{key.api_key_id}.…")


def _checked(key_id: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", key_id):
        raise Refused(NAME, "find a key", "its id is not of SendGrid's form")
    return key_id


def _one_key(reply: Reply, key_id: str, verb: str) -> _Key:
    """The key of this id. Refused where the answer is about another one."""
    found = reply.parse(_KeyReply)
    key = found if found.result is None else next((key for key in found.result if key.api_key_id == key_id), _Key())
    demand_captured(NAME, verb, key_id, key.api_key_id)
    return key


def _first_message(reply: Reply) -> str:
    errors = reply.parse(_Failure).errors
    return (errors[0].message or "").lower() if errors else ""
