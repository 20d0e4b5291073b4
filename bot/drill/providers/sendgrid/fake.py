"""A fake for SendGrid's v3 API: API keys and scopes, sending e-mail and the e-mail log.

Paths, statuses and bodies are those of SendGrid's OpenAPI files. A deleted key leaves the list at once and goes on
being accepted for `propagation` seconds ("some small propagation delay").
"""

from __future__ import annotations

import base64
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request

from bot.drill.fakes.control import KeyBook, KeyRecord, control
from bot.drill.fakes.faults import Faults, FaultyApplication
from bot.drill.providers.sendgrid.mail import FakeMail, add_mail

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPERATIONS = ("create", "revoke", "list", "probe", "get")
SPECIAL = {
    "probe-credits": "a live key is answered 401 Maximum credits exceeded",
    "get-wrapped": "one key is answered inside `result`, as the specification has it",
    "get-without-scopes": "one key is answered without its scopes",
    "revoke-ignored": "DELETE answers 204, but the key still works",
}
MOST_KEYS = 100
FULL_ACCESS = (
    "alerts.read", "api_keys.create", "api_keys.delete", "api_keys.read", "email_activity.read", "mail.send",
    "stats.read", "user.profile.read",
)  # fmt: skip
NEEDED = {
    ("POST", "/v3/mail/send"): "mail.send",
    ("POST", "/v3/logs"): "email_activity.read",
    ("POST", "/v3/api_keys"): "api_keys.create",
    ("GET", "/v3/stats"): "stats.read",
}
"""The scope for a call; for the e-mail log it is not documented."""
AUTOMATIC = ("2fa_required", "sender_verification_eligible")
REVOKED = "The provided authorization grant is invalid, expired, or revoked"
CREDITS = "Maximum credits exceeded"
FORBIDDEN = "access forbidden"


@dataclass
class SendGridKey(KeyRecord):
    scopes: tuple[str, ...] = ()


class FakeSendGrid(KeyBook[SendGridKey]):
    """`clock` gives Unix seconds. Serve `application`."""

    def __init__(self, clock: Callable[[], float] = time.time, propagation: float = 0.0) -> None:
        self.clock = clock
        self.propagation = propagation
        self.faults = Faults(OPERATIONS, SPECIAL)
        self._keys: list[SendGridKey] = []
        self._lock = threading.RLock()
        self.admin_key = self.add_key("bot admin", FULL_ACCESS).value
        self.mail = FakeMail(self.clock)
        self.flask = _routes(self)
        self.application = FaultyApplication(self.flask, self.faults, operation_of)

    def add_key(self, name: str = "app", scopes: Iterable[str] = ("mail.send",)) -> SendGridKey:
        key_id = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        value = f"SG.{key_id}.{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip('=')}"
        key = SendGridKey(key_id, name, value, self.clock(), scopes=tuple(scopes))
        with self._lock:
            self._keys.append(key)
        return key

    def revoke(self, key: SendGridKey) -> None:
        with self._lock:
            key.revoked_at = key.revoked_at or self.clock()

    def listed(self) -> list[SendGridKey]:
        with self._lock:
            return [key for key in self._keys if key.revoked_at is None]


def operation_of(environ: WSGIEnvironment) -> str:
    path = environ.get("PATH_INFO", "")
    match environ["REQUEST_METHOD"], path:
        case _, _ if path in {"/v3/mail/send", "/v3/stats"} or path.startswith("/v3/logs"):
            return "mail"
        case _, "/v3/scopes":
            return "probe"
        case "POST", _:
            return "create"
        case "DELETE", _:
            return "revoke"
        case _, "/v3/api_keys":
            return "list"
        case _:
            return "get"


def _routes(world: FakeSendGrid) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(control(world.faults, world.judged))

    @app.before_request
    def authenticate() -> tuple[Response, int] | None:
        if request.path.startswith("/_fake/"):
            return None
        key = world.by_value(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if key is None:
            return _error(401, REVOKED)
        needed = _needed(request.method, request.path)
        if request.path != "/v3/scopes" and needed not in key.scopes:
            return _error(403, FORBIDDEN)
        return None

    @app.get("/v3/scopes")
    def scopes() -> tuple[Response, int]:
        key = world.by_value(request.headers["Authorization"].removeprefix("Bearer "))
        if key is None:
            return _error(401, REVOKED)
        if world.faults.take("probe-credits"):
            return _error(401, CREDITS)
        key.last_used_at = world.clock()
        return (jsonify(scopes=[*key.scopes, *AUTOMATIC]), 200) if key.scopes else _error(403, FORBIDDEN)

    @app.get("/v3/api_keys")
    def list_keys() -> Response:
        limit = int(request.args.get("limit", 100))
        return jsonify(result=[{"api_key_id": key.id, "name": key.name} for key in world.listed()[:limit]])

    @app.get("/v3/api_keys/<api_key_id>")
    def get_key(api_key_id: str) -> tuple[Response, int]:
        key = _find(world, api_key_id)
        if key is None:
            return _error(404, "unable to find API Key")
        shown = {"api_key_id": key.id, "name": key.name, "scopes": [*key.scopes, *AUTOMATIC]}
        if world.faults.take("get-without-scopes"):
            del shown["scopes"]
        return jsonify({"result": [shown]} if world.faults.take("get-wrapped") else shown), 200

    @app.post("/v3/api_keys")
    def create_key() -> tuple[Response, int]:
        body = request.get_json()
        wanted = body.get("scopes")
        if set(wanted or ()) & set(AUTOMATIC):
            return _error(400, "scope not permitted")
        if len(world.listed()) >= MOST_KEYS:
            return _error(403, "maximum number of API keys reached")
        key = world.add_key(str(body["name"]), wanted if wanted is not None else FULL_ACCESS)
        answer = {"api_key": key.value, "api_key_id": key.id, "name": key.name, "scopes": list(key.scopes)}
        return jsonify(answer), 201

    @app.delete("/v3/api_keys/<api_key_id>")
    def delete_key(api_key_id: str) -> tuple[Response, int] | tuple[str, int]:
        key = _find(world, api_key_id)
        if key is None:
            return _error(404, "unable to find API Key")
        if not world.faults.take("revoke-ignored"):
            world.revoke(key)
        return "", 204

    def sender() -> str:
        key = world.by_value(request.headers["Authorization"].removeprefix("Bearer "))
        return key.id if key is not None else ""

    add_mail(app, world.mail, sender)
    return app


def _needed(method: str, path: str) -> str:
    if method == "GET" and path.startswith("/v3/logs/"):
        return "email_activity.read"
    return NEEDED.get((method, path), "api_keys.delete" if method == "DELETE" else "api_keys.read")


def _find(world: FakeSendGrid, key_id: str) -> SendGridKey | None:
    return next((key for key in world.listed() if key.id == key_id), None)


def _error(status: int, message: str) -> tuple[Response, int]:
    return jsonify(errors=[{"message": message}]), status
