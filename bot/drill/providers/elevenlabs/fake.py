"""A fake for ElevenLabs' API: a key's user, service accounts and their keys, and the switch that a key has itself.

Paths and bodies are those of ElevenLabs' OpenAPI file and elevenlabs-python 2.78. A key that is switched off or deleted
goes on being accepted for `propagation` seconds. People's keys are made and switched off by plain methods.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request

from bot.drill.fakes.control import KeyBook, KeyRecord, control
from bot.drill.fakes.faults import Faults, FaultyApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPERATIONS = ("create", "revoke", "delete", "list", "probe")
SPECIAL = {
    "probe-quota": "a live key is answered 401 quota_exceeded",
    "probe-unusual-activity": "a live key is answered 401 detected_unusual_activity",
    "list-plain-digests": "the list shows SHA-256 digests of the values",
    "list-without-hints": "the list shows nothing of the values",
    "revoke-ignored": "switching off answers 200, but the key still works",
    "disable-missing": "there is no call that only switches a key off: 404",
    "revoke-forbidden": "a key may not switch itself off, as in an Enterprise's workspace",
}
ADMIN = "workspace_admin"
USER_READ = "user_read"
HINT = 4
"""Characters of a value that the list shows."""


@dataclass
class ElevenLabsKey(KeyRecord):
    account: str = ""
    """The service account; empty for a person's key."""
    permissions: tuple[str, ...] = ()
    character_limit: int | None = None
    allowed_ips: tuple[str, ...] = ()
    expires_at: int | None = None
    deleted: bool = False

    def may(self, permission: str) -> bool:
        return permission in self.permissions or "all" in self.permissions


class FakeElevenLabs(KeyBook[ElevenLabsKey]):
    """`clock` gives Unix seconds. Serve `application`."""

    def __init__(self, clock: Callable[[], float] = time.time, propagation: float = 0.0) -> None:
        self.clock = clock
        self.propagation = propagation
        self.faults = Faults(OPERATIONS, SPECIAL)
        self.accounts: dict[str, tuple[str, float]] = {}
        self._keys: list[ElevenLabsKey] = []
        self._lock = threading.RLock()
        self.usage: list[tuple[ElevenLabsKey, float, str, float]] = []
        self._pepper = secrets.token_bytes(16)
        self.admin_key = self.add_key("bot admin", permissions=(ADMIN, USER_READ)).value
        self.flask = _routes(self)
        self.application = FaultyApplication(self.flask, self.faults, operation_of)

    def add_account(self, account: str, age: float = 0.0) -> None:
        """Adds a service account, made `age` seconds ago, unless there is one of this name."""
        with self._lock:
            self.accounts.setdefault(account, (account.replace("-", " "), self.clock() - age))

    def add_key(
        self, name: str = "app", account: str = "", permissions: Iterable[str] = ("text_to_speech", USER_READ)
    ) -> ElevenLabsKey:
        if account:
            self.add_account(account)
        value = f"sk_{secrets.token_hex(24)}"
        key = ElevenLabsKey(secrets.token_hex(10), name, value, self.clock(), account=account)
        key.permissions = tuple(permissions)
        with self._lock:
            self._keys.append(key)
        return key

    def switch_off(self, key: ElevenLabsKey) -> None:
        with self._lock:
            key.revoked_at = key.revoked_at or self.clock()

    def switch_on(self, key: ElevenLabsKey) -> None:
        with self._lock:
            key.revoked_at = None

    def delete(self, key: ElevenLabsKey) -> None:
        self.switch_off(key)
        key.deleted = True

    def spend(self, key: ElevenLabsKey, amount: float, product: str = "tts", at: float | None = None) -> None:
        """Someone used the key, at a time in Unix seconds."""
        self.usage.append((key, self.clock() if at is None else at, product, amount))

    def hashed(self, key: ElevenLabsKey) -> str:
        return hmac.new(self._pepper, key.value.encode(), "sha256").hexdigest()

    def by_hour(self, start: float, end: float) -> list[list[object]]:
        """The usage in a table's rows: the hash of a key, what for, from where, region, hour and credits."""
        rows: dict[tuple[str, str, float], float] = {}
        for key, at, product, spent in self.usage:
            if start <= at < end:
                place = (self.hashed(key), product, at - at % 3600)
                rows[place] = rows.get(place, 0.0) + spent
        return [
            [hashed, product, "api", "us", datetime.fromtimestamp(hour, UTC).isoformat(), spent]
            for (hashed, product, hour), spent in rows.items()
        ]

    def listed(self, account: str) -> list[dict[str, object]]:
        return [self._shown(key) for key in self.all_keys() if key.account == account and not key.deleted]

    def _shown(self, key: ElevenLabsKey) -> dict[str, object]:
        value, plain = key.value.encode(), self.faults.take("list-plain-digests")
        digest = hashlib.sha256(value).hexdigest() if plain else self.hashed(key)
        return {
            "name": key.name,
            "hint": "" if self.faults.take("list-without-hints") else key.value[-HINT:],
            "key_id": key.id,
            "service_account_user_id": key.account,
            "created_at_unix": int(key.created_at),
            "is_disabled": key.revoked_at is not None,
            "permissions": "all" if key.permissions == ("all",) else list(key.permissions),
            "character_limit": key.character_limit,
            "character_count": 0,
            "hashed_xi_api_key": digest,
            "allowed_ips": list(key.allowed_ips) or None,
            "expires_at_unix": key.expires_at,
        }


def operation_of(environ: WSGIEnvironment) -> str:
    match environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""):
        case "GET", "/v1/user":
            return "probe"
        case "GET", _:
            return "list"
        case "DELETE", _:
            return "delete"
        case "POST", path if path.startswith("/v1/workspace/analytics/"):
            return "list"
        case "POST", path if path.startswith("/v1/service-accounts/") and not path.endswith("/disable"):
            return "create"
        case _:
            return "revoke"


def _routes(world: FakeElevenLabs) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(control(world.faults, world.judged))

    @app.before_request
    def authenticate() -> tuple[Response, int] | None:
        if request.path.startswith("/_fake/"):
            return None
        key = _caller(world)
        if key is None:
            return _error("invalid_api_key", "Invalid API key")
        if request.path == "/v1/user":
            return _user_refused(world, key)
        if request.path.startswith(("/v1/service-accounts", "/v1/workspace/")) and not key.may(ADMIN):
            return _error("missing_permissions", "The API key you used is missing the permission workspace_write.")
        return None

    @app.get("/v1/user")
    def user() -> tuple[Response, int]:
        key = _caller(world)
        if key is None:
            return _error("invalid_api_key", "Invalid API key")
        key.last_used_at = world.clock()
        return jsonify(user_id=key.account or "user_practice", subscription={"tier": "scale"}), 200

    @app.post("/v1/workspaces/api-keys/disable")
    def disable_itself() -> tuple[Response, int]:
        key = _caller(world)
        if request.args.get("api_key_name") != "self" or key is None:
            return jsonify(detail=[{"loc": ["query", "api_key_name"], "msg": "unknown", "type": "value_error"}]), 422
        if world.faults.take("revoke-forbidden"):
            return jsonify(detail={"status": "forbidden", "message": "Self-disable is off."}), 403
        if not world.faults.take("revoke-ignored"):
            world.switch_off(key)
        return jsonify(status="ok"), 200

    @app.post("/v1/workspace/analytics/query/usage-by-product-over-time")
    def usage() -> Response:
        asked = request.get_json()
        columns = ["hashed_xi_api_key", "product_type", "request_source", "region", "time", "usage"]
        types = ["String", "String", "String", "String", "DateTime", "Float"]
        wanted = [value for each in asked["filters"] for value in each["values"]]
        rows = world.by_hour(asked["start_time"] / 1000, asked["end_time"] / 1000)
        return jsonify(
            columns=columns,
            column_types=types,
            column_units=[None, None, None, None, None, "credits"],
            rows=[row for row in rows if row[0] in wanted],
        )

    _add_service_accounts(app, world)
    return app


def _add_service_accounts(app: Flask, world: FakeElevenLabs) -> None:
    @app.get("/v1/service-accounts")
    def accounts() -> Response:
        shown = [
            {
                "service_account_user_id": account,
                "name": name,
                "created_at_unix": int(created),
                "api-keys": world.listed(account),
            }
            for account, (name, created) in world.accounts.items()
        ]
        return jsonify({"service-accounts": shown})

    @app.get("/v1/service-accounts/<account>/api-keys")
    def keys(account: str) -> tuple[Response, int]:
        if account not in world.accounts:
            return _error("not_found", "No such service account", 404)
        return jsonify({"api-keys": world.listed(account)}), 200

    @app.post("/v1/service-accounts/<account>/api-keys")
    def create(account: str) -> tuple[Response, int]:
        body = request.get_json()
        if account not in world.accounts:
            return _error("not_found", "No such service account", 404)
        wanted = body["permissions"]
        key = world.add_key(str(body["name"]), account, ("all",) if wanted == "all" else tuple(wanted))
        key.character_limit = body.get("character_limit")
        key.allowed_ips = tuple(body.get("allowed_ips") or ())
        return jsonify({"xi-api-key": key.value, "key_id": key.id}), 200

    @app.post("/v1/service-accounts/<account>/api-keys/<key_id>/disable")
    def disable(account: str, key_id: str) -> tuple[Response, int]:
        key = _find(world, account, key_id)
        if key is None or world.faults.take("disable-missing"):
            return jsonify(detail="Not Found"), 404
        if not world.faults.take("revoke-ignored"):
            world.switch_off(key)
        return jsonify(status="ok"), 200

    @app.patch("/v1/service-accounts/<account>/api-keys/<key_id>")
    def update(account: str, key_id: str) -> tuple[Response, int]:
        key = _find(world, account, key_id)
        if key is None:
            return _error("not_found", "No such key", 404)
        body = request.get_json()
        if not {"name", "permissions"} <= body.keys():
            return jsonify(detail=[{"loc": ["body"], "msg": "field required", "type": "value_error.missing"}]), 422
        if body["permissions"] != "no_update":
            key.permissions = ("all",) if body["permissions"] == "all" else tuple(body["permissions"])
        match body.get("is_enabled"):
            case False if not world.faults.take("revoke-ignored"):
                world.switch_off(key)
            case True:
                world.switch_on(key)
        return jsonify(status="ok"), 200

    @app.delete("/v1/service-accounts/<account>/api-keys/<key_id>")
    def delete(account: str, key_id: str) -> tuple[Response, int]:
        key = _find(world, account, key_id)
        if key is None:
            return _error("not_found", "No such key", 404)
        world.delete(key)
        return jsonify(status="ok"), 200


def _user_refused(world: FakeElevenLabs, key: ElevenLabsKey) -> tuple[Response, int] | None:
    if world.faults.take("probe-quota"):
        return _error("quota_exceeded", "This request exceeds your quota.")
    if world.faults.take("probe-unusual-activity"):
        return _error("detected_unusual_activity", "Unusual activity detected.")
    if not key.may(USER_READ):
        return _error("missing_permissions", "The API key you used is missing the permission user_read.")
    return None


def _caller(world: FakeElevenLabs) -> ElevenLabsKey | None:
    return world.by_value(request.headers.get("xi-api-key", ""))


def _find(world: FakeElevenLabs, account: str, key_id: str) -> ElevenLabsKey | None:
    found = (key for key in world.all_keys() if (key.account, key.id) == (account, key_id) and not key.deleted)
    return next(found, None)


def _error(status: str, message: str, code: int = 401) -> tuple[Response, int]:
    return jsonify(detail={"status": status, "message": message}), code
