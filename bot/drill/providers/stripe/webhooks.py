"""Webhook endpoints of Stripe's fake: their secrets are shown when an endpoint is made, and never again.

Shapes are those of Stripe's OpenAPI file. A deleted endpoint leaves the list at once, can be read for as long as a
revocation takes to spread, and signs nothing after that.
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from flask import Flask, Response, jsonify, request

from bot.drill.fakes.control import KeyRecord
from bot.drill.fakes.faults import Faults

OPERATIONS = ("create", "revoke", "list")
SPECIAL = {
    "revoke-404": "DELETE of a webhook endpoint answers that there is none, but it stays",
    "endpoint-lost": "a webhook endpoint that is there is answered 404 without Stripe's code, as by a proxy",
}
TOLERANCE = 300
"""Seconds that an event's signature may be old, as in Stripe's libraries."""
ADDRESS = "https://api.production.example.com/stripe"
EVENTS = ("charge.succeeded", "invoice.paid")


@dataclass
class Endpoint(KeyRecord):
    """`value` is the signing secret."""

    url: str = ""
    events: tuple[str, ...] = ()
    status: str = "enabled"
    livemode: bool = True
    api_version: str | None = None
    application: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


class Webhooks:
    """The endpoints of an account. Thread-safe."""

    def __init__(self, clock: Callable[[], float], propagation: Callable[[], float], faults: Faults) -> None:
        """`propagation` gives the seconds that a revocation takes to spread."""
        self.clock = clock
        self.propagation = propagation
        self.faults = faults
        self._endpoints: list[Endpoint] = []
        self._lock = threading.RLock()

    def add(
        self,
        name: str = "",
        *,
        url: str = ADDRESS,
        events: Iterable[str] = EVENTS,
        metadata: Mapping[str, str] | None = None,
        api_version: str | None = None,
        application: str | None = None,
    ) -> Endpoint:
        """Adds an endpoint; `name` is its description."""
        made = Endpoint(
            f"we_{secrets.token_hex(12)}",
            name,
            f"whsec_{secrets.token_hex(16)}",
            self.clock(),
            url=url,
            events=tuple(events),
            metadata=dict(metadata or {}),
            api_version=api_version,
            application=application,
        )
        with self._lock:
            self._endpoints.append(made)
        return made

    def delete(self, endpoint: Endpoint) -> None:
        with self._lock:
            endpoint.revoked_at = endpoint.revoked_at or self.clock()

    def signs(self, endpoint: Endpoint) -> bool:
        """Whether Stripe would sign an event with its secret now."""
        gone = endpoint.revoked_at is not None and self.clock() >= endpoint.revoked_at + self.propagation()
        return not gone and endpoint.status == "enabled"

    def all(self) -> list[Endpoint]:
        """All endpoints, deleted ones too."""
        with self._lock:
            return list(self._endpoints)

    def listed(self) -> list[Endpoint]:
        """As Stripe lists them: the newest first."""
        return [each for each in reversed(self.all()) if each.revoked_at is None]

    def readable(self, endpoint_id: str) -> Endpoint | None:
        found = next((each for each in self.all() if each.id == endpoint_id), None)
        if found is None or found.revoked_at is None or self.clock() < found.revoked_at + self.propagation():
            return found
        return None


def believes(secret: str, header: str, body: bytes, now: float) -> bool:
    """What a receiving function makes of an event: whether its `Stripe-Signature` was made with `secret`, lately."""
    pairs = [pair.partition("=") for pair in header.split(",")]
    at = next((value for name, _, value in pairs if name == "t"), "")
    if not at.isdigit() or abs(now - int(at)) > TOLERANCE:
        return False
    wanted = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return any(hmac.compare_digest(value, wanted) for name, _, value in pairs if name == "v1")


def operation_of(method: str, path: str) -> str:
    """The operation of a call below ``/v1/webhook_endpoints``."""
    if method in {"POST", "DELETE"}:
        return {"POST": "create", "DELETE": "revoke"}[method]
    return "list" if path == "/v1/webhook_endpoints" else "get"


def add_webhooks(app: Flask, webhooks: Webhooks) -> None:
    """The calls for webhook endpoints. Who may make them is checked before."""
    faults, base = webhooks.faults, "/v1/webhook_endpoints"

    @app.get(base)
    def list_endpoints() -> Response:
        found = webhooks.listed()
        after = request.args.get("starting_after")
        start = next((index + 1 for index, each in enumerate(found) if each.id == after), 0)
        limit = int(request.args.get("limit", 10))
        shown = [_shown(each) for each in found[start : start + limit]]
        return jsonify(object="list", url=base, data=shown, has_more=start + limit < len(found))

    @app.post(base)
    def create_endpoint() -> tuple[Response, int]:
        form = request.form
        events = [value for name, value in form.items() if re.fullmatch(r"enabled_events\[\d*\]", name)]
        if not form.get("url", "").startswith("https://") or not events:
            return error(400, "Missing required param: url or enabled_events.")
        named = {name: re.fullmatch(r"metadata\[(\w+)\]", name) for name in form}
        metadata = {match[1]: form[name] for name, match in named.items() if match}
        version, name = form.get("api_version"), form.get("description", "")
        made = webhooks.add(name, url=form["url"], events=events, metadata=metadata, api_version=version)
        return jsonify(_shown(made) | {"secret": made.value}), 200

    @app.get(f"{base}/<webhook_endpoint>")
    def read_endpoint(webhook_endpoint: str) -> tuple[Response, int]:
        found = webhooks.readable(webhook_endpoint)
        if found is not None and faults.take("endpoint-lost"):
            return error(404, "Unrecognized request URL.")
        return _missing(webhook_endpoint) if found is None else (jsonify(_shown(found)), 200)

    @app.delete(f"{base}/<webhook_endpoint>")
    def delete_endpoint(webhook_endpoint: str) -> tuple[Response, int]:
        found = next((each for each in webhooks.listed() if each.id == webhook_endpoint), None)
        if found is None or faults.take("revoke-404"):
            return _missing(webhook_endpoint)
        if not faults.take("revoke-ignored"):
            webhooks.delete(found)
        return jsonify(id=found.id, object="webhook_endpoint", deleted=True), 200


def error(status: int, message: str, code: str | None = None) -> tuple[Response, int]:
    found = {"type": "invalid_request_error", "message": message} | ({"code": code} if code else {})
    return jsonify(error=found), status


def _missing(endpoint: str) -> tuple[Response, int]:
    return error(404, f"No such webhook endpoint: '{endpoint}'", "resource_missing")


def _shown(endpoint: Endpoint) -> dict[str, object]:
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": endpoint.api_version,
        "application": endpoint.application,
        "created": int(endpoint.created_at),
        "description": endpoint.name or None,
        "enabled_events": list(endpoint.events),
        "livemode": endpoint.livemode,
        "metadata": endpoint.metadata,
        "status": endpoint.status,
        "url": endpoint.url,
    }
