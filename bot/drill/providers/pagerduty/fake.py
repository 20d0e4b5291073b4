"""A fake for PagerDuty: Events API v2 with alerts that really change state, and the REST calls for notes.

Statuses and bodies are those of PagerDuty's published API: 202 for an accepted event, 400 with a list of errors for an
invalid one. An event for an alert that is not open changes nothing, except that a trigger opens a new one. The account
with its services, integrations and REST keys is in `account`.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from time import time
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request

from bot.drill.fakes.control import KeyRecord, control
from bot.drill.fakes.faults import Faults, FaultyApplication
from bot.drill.providers.pagerduty import account, incidents
from bot.drill.providers.pagerduty.account import KEY_LENGTH, Account, Integration, add_account, error
from bot.drill.providers.pagerduty.audit import add_audit
from bot.drill.providers.pagerduty.incidents import add_incidents

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPERATIONS = ("enqueue", "incidents", "notes", "create", "revoke", "list", "get", "probe", "audit")
SPECIAL = {
    "probe-malformed": "an event with a working key is answered with a complaint about its length",
    **account.SPECIAL,
    **incidents.SPECIAL,
}
PAGING = "PPAGING"
"""The service of the bot's own pager."""
BAD_LENGTH = "Length of 'routing_key' is incorrect (should be 32 characters)"
ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "error", "warning", "info")


@dataclass
class Alert:
    """An alert and the incident that it opened. `state` is triggered, acknowledged or resolved."""

    dedup_key: str
    state: str
    summary: str
    severity: str
    links: list[dict[str, str]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    opened_at: float = 0.0
    id: str = field(default_factory=lambda: "Q" + secrets.token_hex(6).upper())


class FakePagerDuty:
    """Serve `application`: the Events and REST APIs share its address. `routing_key` and `api_key` are accepted.

    An ended key goes on being accepted for `propagation` seconds.
    """

    def __init__(self, clock: Callable[[], float] = time, propagation: float = 0.0) -> None:
        self.clock = clock
        self.faults = Faults(OPERATIONS, SPECIAL)
        self.account = Account(clock, propagation, self.faults)
        self.account.add_service("Paging", PAGING)
        self.api_key = self.account.add_rest_key("bot").value
        self.paging_service = PAGING
        self._alerts: list[Alert] = []
        self._lock = threading.RLock()
        self.routing_key = self.add_key("drill").value
        self.flask = _routes(self)
        self.application = FaultyApplication(self.flask, self.faults, operation_of)

    def add_key(self, name: str, service: str = PAGING) -> Integration:
        """Adds an Events API v2 integration."""
        return self.account.add_integration(service, name)

    def revoke(self, key: KeyRecord) -> None:
        self.account.revoke(key)

    @property
    def propagation(self) -> float:
        return self.account.propagation

    @propagation.setter
    def propagation(self, seconds: float) -> None:
        self.account.propagation = seconds

    def live_keys(self) -> list[KeyRecord]:
        """Integrations and REST keys that are accepted now."""
        return [key for key, alive in self.keys() if alive]

    def keys(self) -> list[tuple[KeyRecord, bool]]:
        """All of them, each with whether it is accepted now."""
        return [(key, self.account.alive(key)) for key in self.all_keys()]

    def all_keys(self) -> list[KeyRecord]:
        """Integrations and REST keys, ended ones too."""
        return [*self.account.integrations(), *self.account.rest_keys()]

    def accepts(self, routing_key: str) -> bool:
        return any(key.value == routing_key and self.account.alive(key) for key in self.account.integrations())

    @property
    def alerts(self) -> list[Alert]:
        """All alerts ever opened, oldest first."""
        with self._lock:
            return list(self._alerts)

    def alert(self, dedup_key: str) -> Alert | None:
        """The latest alert of this key."""
        return next((alert for alert in reversed(self.alerts) if alert.dedup_key == dedup_key), None)

    def enqueue(self, event: dict[str, Any]) -> str:
        """Carries out a valid event and gives its dedup key."""
        with self._lock:
            dedup_key = event.get("dedup_key") or secrets.token_hex(16)
            alert = self.alert(dedup_key)
            is_open = alert is not None and alert.state != "resolved"
            if event["event_action"] == "trigger":
                if alert is None or not is_open:
                    alert = Alert(dedup_key, "triggered", "", "", opened_at=self.clock())
                    self._alerts.append(alert)
                payload = event["payload"]
                alert.summary, alert.severity = payload["summary"], payload["severity"]
                alert.details, alert.links = payload.get("custom_details", {}), event.get("links", [])
            elif alert is not None and is_open:
                alert.state = {"acknowledge": "acknowledged", "resolve": "resolved"}[event["event_action"]]
            if alert is not None:
                alert.log.append(event["event_action"])
            return dedup_key

    def note(self, incident_id: str, content: str) -> bool:
        """Whether there is such an incident to write on."""
        with self._lock:
            for alert in self._alerts:
                if alert.id == incident_id:
                    alert.notes.append(content)
                    return True
        return False


def operation_of(environ: WSGIEnvironment) -> str:
    path = environ.get("PATH_INFO", "")
    if path == "/v2/enqueue":
        return "enqueue"
    if not path.startswith("/incidents"):
        return account.operation_of(environ["REQUEST_METHOD"], path)
    return "notes" if path.endswith("/notes") else "incidents"


def mistakes(event: Any) -> list[str]:
    """What is wrong with an event, in PagerDuty's words."""
    if not isinstance(event, dict):
        return ["Event object format is unrecognized"]
    found = []
    if len(str(event.get("routing_key", ""))) != KEY_LENGTH:
        found.append(BAD_LENGTH)
    action = event.get("event_action")
    if action not in ACTIONS:
        found.append("'event_action' is missing or invalid")
    if action in {"acknowledge", "resolve"} and not event.get("dedup_key"):
        found.append("'dedup_key' is missing or blank")
    if action == "trigger":
        payload = event.get("payload") or {}
        found += [f"'payload.{name}' is missing or blank" for name in ("summary", "source") if not payload.get(name)]
        if payload.get("severity") not in SEVERITIES:
            found.append(
                "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"
            )
    return found


def _routes(world: FakePagerDuty) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(control(world.faults, world.keys))
    add_account(app, world.account)
    add_audit(app, world.account.audit)
    add_incidents(app, world)

    @app.post("/v2/enqueue")
    def enqueue() -> tuple[Response, int]:
        event: Any = request.get_json(silent=True)
        errors = mistakes(event)
        if not errors and not world.accepts(event["routing_key"]):
            errors = ["Invalid routing key"]
        if not errors and world.faults.take("probe-malformed"):
            errors = [BAD_LENGTH]
        if errors:
            return jsonify(status="invalid event", message="Event object is invalid", errors=errors), 400
        return jsonify(status="success", message="Event processed", dedup_key=world.enqueue(event)), 202

    @app.before_request
    def rest_key() -> tuple[Response, int] | None:
        if request.path == "/v2/enqueue" or request.path.startswith("/_fake/"):
            return None
        if not world.account.admits(request.headers.get("Authorization", "")):
            return error(401, "Unauthorized", 2006)
        return None

    @app.get("/_fake/alerts")
    def alerts() -> Response:
        return jsonify(alerts=[asdict(alert) for alert in world.alerts])

    return app
