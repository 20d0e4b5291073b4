"""What the two kinds of ElevenLabs keys share, and the service accounts of a workspace.

Sources: ElevenLabs' OpenAPI file, elevenlabs-python 2.78 and reports of users (the bodies of refusals). Unverified: the
form of `hint`, the algorithm of `hashed_xi_api_key`, the time until a revocation is effective everywhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct, field

from bot.errors import Refused
from bot.model.priority import Priority
from bot.model.probes import Answer, Liveness
from bot.net.http import Http, Reply
from bot.providers.contract import UnixSeconds, as_control, in_path, unclear_if_it_fails
from bot.secrets.secret import Secret

NAME = "elevenlabs"
REGIONS = {name: {"api": name} for name in ("us", "eu", "in", "sg")}
"""Source: the servers of ElevenLabs' OpenAPI file. A workspace is known in its own region only."""
ALL = "all"
"""The word for every permission, instead of a list."""
LOOK_ALIKES = frozenset({"quota_exceeded", "detected_unusual_activity"})
"""Refusals of a working key, repeated in an answer's detail: other texts of a body may contain a part of the key."""
_TELLING = 4
"""Characters of a value that a hint must show to say anything."""


class _User(Struct):
    user_id: str


class _Detail(Struct):
    status: str | None = None


class _Failure(Struct):
    detail: _Detail | str | list[object] | None = None

    @property
    def status(self) -> str:
        return (self.detail.status or "") if isinstance(self.detail, _Detail) else ""


class Key(Struct):
    """A key as the workspace lists it. `hint` shows a few characters of the value."""

    key_id: str
    name: str = ""
    hint: str = ""
    hashed_xi_api_key: str | None = None
    created_at_unix: UnixSeconds | None = None
    is_disabled: bool = False
    permissions: list[str] | str | None = None
    character_limit: int | None = None
    allowed_ips: list[str] | None = None
    expires_at_unix: UnixSeconds | None = None

    def is_by_digest(self, value: Secret) -> bool:
        return self.hashed_xi_api_key == hashlib.sha256(value.reveal().encode()).hexdigest()

    def fits(self, value: Secret) -> bool | None:
        """Whether the value looks as `hint` shows it; None where the hint shows too little to tell."""
        shown = re.split(r"[^A-Za-z0-9_]+", self.hint)
        if len("".join(shown)) < _TELLING:
            return None
        clear = value.reveal()
        if len(shown) == 1:
            return clear.endswith(shown[0]) or clear.startswith(shown[0])
        return clear.startswith(shown[0]) and clear.endswith(shown[-1])


class ServiceAccount(Struct):
    service_account_user_id: str
    name: str = ""
    created_at_unix: UnixSeconds | None = None
    api_keys: list[Key] = field(name="api-keys", default_factory=list)


class _ServiceAccounts(Struct):
    service_accounts: list[ServiceAccount] = field(name="service-accounts")


class _Keys(Struct):
    api_keys: list[Key] = field(name="api-keys")


@dataclass(frozen=True)
class ElevenLabsApi:
    http: Http
    admin: Callable[[], Secret]

    @unclear_if_it_fails
    def probe(self, key: Secret) -> Answer:
        """Asks whose key it is. A key without that right gets a refusal that only a recognised key gets."""
        reply = self._user(key)
        if reply.status == 200:
            reply.parse(_User)
            return Answer(Liveness.LIVE, "HTTP 200")
        status = reply.parse(_Failure).status
        match reply.status, status:
            case 401, "invalid_api_key":
                return Answer(Liveness.DEAD, "HTTP 401 invalid_api_key")
            case 401 | 403, "missing_permissions":
                return Answer(Liveness.LIVE, f"HTTP {reply.status}, recognised but without this right")
            case code, _:
                return Answer(Liveness.UNKNOWN, f"HTTP {code} {status}" if status in LOOK_ALIKES else f"HTTP {code}")

    def control(self, whose: str) -> Answer:
        """The same question with the admin credential; `whose` names it in the answer."""
        return as_control(whose, lambda: self.probe(self.admin()))

    def user(self, key: Secret) -> str | None:
        """The id of the user that a key belongs to; None for a key that may not read it."""
        reply = self._user(key)
        return reply.parse(_User).user_id if reply.status == 200 else None

    def disable_itself(self, key: Secret) -> None:
        """Refused where the workspace does not let a key do that (by default an Enterprise's)."""
        verb = "have a key disable itself"
        path, headers, query = "/v1/workspaces/api-keys/disable", {"xi-api-key": key}, {"api_key_name": "self"}
        reply = self.http.send("POST", path, verb=verb, priority=Priority.REVOKE, headers=headers, query=query)
        if reply.status == 401 and reply.parse(_Failure).status == "invalid_api_key":
            return  # it is dead already
        if reply.status in {401, 403}:
            cause = f"HTTP {reply.status}: the workspace does not let this key disable itself"
            raise Refused(NAME, verb, f"{cause}. An administrator disables it in the dashboard")
        reply.expect(200, 204)

    def service_accounts(self) -> list[ServiceAccount]:
        reply = self.ask("GET", "/v1/service-accounts", "list service accounts", Priority.READ)
        return reply.expect(200).parse(_ServiceAccounts).service_accounts

    def keys(self, account: str) -> list[Key]:
        """The keys of one service account; none if there is no such account."""
        reply = self.ask("GET", keys_path(account), f"list keys of {account}", Priority.READ)
        return [] if reply.status == 404 else reply.expect(200).parse(_Keys).api_keys

    def ask(self, method: str, path: str, verb: str, priority: Priority, *, body: object = None) -> Reply:
        headers = {"xi-api-key": self.admin()}
        return self.http.send(method, path, verb=verb, priority=priority, headers=headers, json_body=body)

    def _user(self, key: Secret) -> Reply:
        headers = {"xi-api-key": key}
        return self.http.send("GET", "/v1/user", verb="read a key's user", priority=Priority.VERIFY, headers=headers)


def keys_path(account: str) -> str:
    return f"/v1/service-accounts/{in_path(NAME, 'find a service account', account)}/api-keys"


def key_path(key_id: str) -> str:
    """`key_id` is ``service account/key``. Refused for anything else."""
    account, _, key = key_id.partition("/")
    if not all(re.fullmatch(r"[A-Za-z0-9_-]{1,100}", part) for part in (account, key)):
        raise Refused(NAME, "find a key", "its id is not of the form service account/key")
    return f"{keys_path(account)}/{key}"
