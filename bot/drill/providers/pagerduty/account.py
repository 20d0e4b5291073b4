"""The account behind PagerDuty's fake: services with integrations, REST keys, and the calls that manage them.

Shapes are those of PagerDuty's REST API v2. What its published specification leaves out (an integration's key, and
deleting one) is as in go-pagerduty. REST keys are made and ended by people only, which here are methods.
"""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, Response, jsonify, request

from bot.drill.fakes.control import KeyRecord
from bot.drill.fakes.faults import Faults
from bot.drill.providers.pagerduty.audit import FakeAudit

EVENTS_V2 = "events_api_v2_inbound_integration"
KEY_LENGTH = 32
SUBDOMAIN = "practice.pagerduty.com"
SPECIAL = {
    "list-references": "services refer to their integrations without showing the keys",
    "create-without-key": "a new integration is answered without its key",
    "get-without-key": "one integration is answered without its key",
    "revoke-ignored": "DELETE answers 204, but the key still works",
    "revoke-404": "DELETE answers 404 as for a call that there is not, and the integration stays",
    "abilities-forbidden": "a living REST key is answered 403",
    "users-forbidden": "a living REST key may not read users",
}


@dataclass
class Integration(KeyRecord):
    service: str = ""
    type: str = EVENTS_V2


class Account:
    """Services by id, their integrations and the REST keys. Thread-safe."""

    def __init__(self, clock: Callable[[], float], propagation: float, faults: Faults) -> None:
        self.clock = clock
        self.propagation = propagation
        self.faults = faults
        self._services: dict[str, str] = {}
        self._integrations: list[Integration] = []
        self._rest_keys: list[KeyRecord] = []
        self.audit = FakeAudit(clock)
        self.people = {"PUSER01"}
        self._lock = threading.RLock()

    def add_service(self, name: str, service: str = "") -> str:
        """Adds a service and gives its id."""
        service = service or _id("P")
        with self._lock:
            self._services.setdefault(service, name)
        return service

    def add_integration(self, service: str, name: str, kind: str = EVENTS_V2) -> Integration:
        value = secrets.token_hex(KEY_LENGTH // 2)
        made = Integration(_id("P"), name, value, self.clock(), service=service, type=kind)
        with self._lock:
            self._integrations.append(made)
        return made

    def add_rest_key(self, name: str) -> KeyRecord:
        """What “Create New API Key” gives."""
        letters = string.ascii_letters + string.digits + "_-"
        key = KeyRecord(secrets.token_hex(6), name, "".join(secrets.choice(letters) for _ in range(20)), self.clock())
        with self._lock:
            self._rest_keys.append(key)
        return key

    def revoke(self, key: KeyRecord) -> None:
        """Deletes an integration, or does what “Delete” beside a REST key does."""
        with self._lock:
            key.revoked_at = key.revoked_at or self.clock()

    def alive(self, key: KeyRecord) -> bool:
        return key.revoked_at is None or self.clock() < key.revoked_at + self.propagation

    def integrations(self) -> list[Integration]:
        """All of them, deleted ones too."""
        with self._lock:
            return list(self._integrations)

    def rest_keys(self) -> list[KeyRecord]:
        with self._lock:
            return list(self._rest_keys)

    def services(self) -> dict[str, str]:
        with self._lock:
            return dict(self._services)

    def listed(self, service: str) -> list[Integration]:
        return [each for each in self.integrations() if each.service == service and each.revoked_at is None]

    def admits(self, authorization: str) -> bool:
        """Whether a REST call with this header has a working key."""
        value = authorization.removeprefix("Token token=")
        return any(key.value == value and self.alive(key) for key in self.rest_keys())


def operation_of(method: str, path: str) -> str:
    """The operation of a call below ``/services``, ``/abilities`` or ``/users``."""
    if path.startswith(("/abilities", "/users")):
        return "probe"
    if path == "/audit/records":
        return "audit"
    by_method = {"POST": "create", "DELETE": "revoke"}
    return by_method.get(method, "list" if path == "/services" else "get")


def add_account(app: Flask, account: Account) -> None:
    """The calls for services, integrations, abilities and users."""
    faults = account.faults

    @app.get("/services")
    def services() -> Response:
        offset, limit = int(request.args.get("offset", 0)), int(request.args.get("limit", 25))
        found = list(account.services())
        shown = [_service(account, service) for service in found[offset : offset + limit]]
        more = offset + limit < len(found)
        return jsonify(services=shown, limit=limit, offset=offset, more=more, total=None)

    @app.get("/services/<service>")
    def one_service(service: str) -> tuple[Response, int]:
        if service not in account.services():
            return not_found()
        return jsonify(service=_service(account, service)), 200

    @app.post("/services/<service>/integrations")
    def create(service: str) -> tuple[Response, int]:
        if service not in account.services():
            return not_found()
        body = request.get_json()["integration"]
        shown = _integration(account.add_integration(service, str(body.get("name", "")), str(body["type"])))
        if faults.take("create-without-key"):
            del shown["integration_key"]
        return jsonify(integration=shown), 201

    @app.get("/services/<service>/integrations/<integration>")
    def one(service: str, integration: str) -> tuple[Response, int]:
        found = _find(account, service, integration)
        if found is None:
            return not_found()
        shown = _integration(found)
        if faults.take("get-without-key"):
            del shown["integration_key"]
        return jsonify(integration=shown), 200

    @app.delete("/services/<service>/integrations/<integration>")
    def delete(service: str, integration: str) -> tuple[Response | str, int]:
        found = _find(account, service, integration)
        if found is None or faults.take("revoke-404"):
            return not_found()
        if not faults.take("revoke-ignored"):
            account.revoke(found)
        return "", 204

    @app.get("/abilities")
    def abilities() -> tuple[Response, int]:
        if faults.take("abilities-forbidden"):
            return error(403, "Access Denied", 2010)
        return jsonify(abilities=["teams", "sso"]), 200

    @app.get("/users")
    def users() -> tuple[Response, int]:
        if faults.take("users-forbidden"):
            return error(403, "Access Denied", 2010)
        user = {"id": "PUSER01", "type": "user", "html_url": f"https://{SUBDOMAIN}/users/PUSER01"}
        return jsonify(users=[user], limit=1, offset=0, more=False, total=None), 200

    @app.get("/users/<user>")
    def one_user(user: str) -> tuple[Response, int]:
        return not_found() if user not in account.people else (jsonify(user={"id": user, "type": "user"}), 200)


def error(status: int, message: str, code: int) -> tuple[Response, int]:
    return jsonify(error={"message": message, "code": code}), status


def not_found() -> tuple[Response, int]:
    return error(404, "Not Found", 2100)


def _service(account: Account, service: str) -> dict[str, object]:
    shown: dict[str, object] = {"id": service, "type": "service", "name": account.services()[service]}
    if "integrations" in request.args.getlist("include[]"):
        refers = account.faults.take("list-references")
        shown["integrations"] = [_reference(each) if refers else _integration(each) for each in account.listed(service)]
    return shown


def _integration(found: Integration) -> dict[str, object]:
    made = datetime.fromtimestamp(found.created_at, UTC).isoformat(timespec="seconds")
    return {
        "id": found.id,
        "type": found.type,
        "name": found.name,
        "summary": found.name,
        "integration_key": found.value,
        "created_at": made,
        "service": {"id": found.service, "type": "service_reference"},
    }


def _reference(found: Integration) -> dict[str, object]:
    return {"id": found.id, "type": f"{found.type}_reference", "summary": found.name}


def _find(account: Account, service: str, integration: str) -> Integration | None:
    return next((each for each in account.listed(service) if each.id == integration), None)


def _id(letter: str) -> str:
    return letter + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(6))
