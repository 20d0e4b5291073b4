"""A fake for Stripe: the account, and a dashboard in which only people make and expire keys.

The API answers as Stripe's OpenAPI file says. The dashboard is below `/_fake/dashboard/`, for the player of the person;
an expired key goes on being accepted for `propagation` seconds.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request

from bot.drill.fakes.control import KeyBook, KeyRecord, control
from bot.drill.fakes.faults import Faults, FaultyApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPERATIONS = ("probe", "get")
BLOCKED = "This API key may not be used from this address."
SPECIAL = {
    "probe-blocked": "a live key is answered 401 without the words of a dead one, as for a blocked address",
    "revoke-ignored": "a key that was expired still works",
}


@dataclass
class StripeKey(KeyRecord):
    account: str = ""
    restricted: bool = False


class FakeStripe(KeyBook[StripeKey]):
    """`clock` gives Unix seconds. Serve `application`."""

    def __init__(self, clock: Callable[[], float] = time.time, propagation: float = 0.0) -> None:
        self.clock = clock
        self.propagation = propagation
        self.faults = Faults(OPERATIONS, SPECIAL)
        self.account = f"acct_{secrets.token_hex(8)}"
        self._keys: list[StripeKey] = []
        self._lock = threading.RLock()
        self.flask = _routes(self)
        self.application = FaultyApplication(self.flask, self.faults, operation_of)

    def add_key(
        self, name: str = "app", *, prefix: str = "sk_live_", account: str | None = None, restricted: bool = False
    ) -> StripeKey:
        """Adds a live key; a `restricted` one may not read the account."""
        key_id, value = f"mk_{secrets.token_hex(8)}", f"{prefix}{secrets.token_hex(16)}"
        key = StripeKey(key_id, name, value, self.clock(), account=account or self.account, restricted=restricted)
        with self._lock:
            self._keys.append(key)
        return key

    def expire(self, key: StripeKey) -> None:
        """What the dashboard's “Expire key”, “Now” does."""
        if self.faults.take("revoke-ignored"):
            return
        with self._lock:
            key.revoked_at = key.revoked_at or self.clock()


def operation_of(environ: WSGIEnvironment) -> str:
    return "probe" if environ.get("PATH_INFO", "") == "/v1/account" else "get"


def _routes(world: FakeStripe) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(control(world.faults, world.judged))
    _add_dashboard(app, world)

    @app.get("/v1/account")
    def account() -> tuple[Response, int]:
        value = request.headers.get("Authorization", "").removeprefix("Bearer ")
        key = next((key for key in world.all_keys() if key.value == value), None)
        shown = f"{value[:8]}****{value[-4:]}"
        if key is None:
            return _error(401, f"Invalid API Key provided: {shown}")
        if not world.accepts(key):
            return _error(401, f"Expired API Key provided: {shown}", "api_key_expired")
        if world.faults.take("probe-blocked"):
            return _error(401, BLOCKED)
        key.last_used_at = world.clock()
        if key.restricted:
            return _error(403, f"The provided key '{shown}' does not have the required permissions for this endpoint.")
        return jsonify(id=key.account, object="account"), 200

    return app


def _add_dashboard(app: Flask, world: FakeStripe) -> None:
    @app.post("/_fake/dashboard/keys")
    def create() -> tuple[Response, int]:
        """Body {name, prefix}: a new key, whose value is shown this once."""
        body = request.get_json(silent=True) or {}
        key = world.add_key(str(body.get("name", "new key")), prefix=str(body.get("prefix", "sk_live_")))
        return jsonify(id=key.id, value=key.value), 201

    @app.post("/_fake/dashboard/keys/expire")
    def expire() -> tuple[Response, int]:
        """Body {hint}: expires the key that the dashboard shows so (``sk_live_…abcd``); {id}: that of this id."""
        body = request.get_json()
        prefix, _, tail = str(body.get("hint", "")).partition("…")
        found = [
            key
            for key in world.all_keys()
            if key.revoked_at is None
            and (key.id == body["id"] if "id" in body else key.value.startswith(prefix) and key.value.endswith(tail))
        ]
        if len(found) != 1:
            return jsonify(error=f"{len(found)} keys look like this"), 404
        world.expire(found[0])
        return jsonify(id=found[0].id), 200


def _error(status: int, message: str, code: str | None = None) -> tuple[Response, int]:
    found = {"type": "invalid_request_error", "message": message} | ({"code": code} if code else {})
    return jsonify(error=found), status
