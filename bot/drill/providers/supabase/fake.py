"""A fake for Supabase's Management API and for the hosts of its projects, which are below ``/<project>/`` here.

Paths, statuses and bodies are those of the OpenAPI file of supabase/cli and, for the projects, of issue reports. A
deleted key leaves the list at once and goes on being accepted for `propagation` seconds; so do the old keys.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request

from bot.drill.fakes.control import KeyBook, KeyRecord, control
from bot.drill.fakes.faults import Faults, FaultyApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPERATIONS = ("create", "revoke", "list", "probe", "get", "legacy", "signing", "logs")
SPECIAL = {
    "probe-secret-required": "a live key is answered 401 Secret API key required",
    "probe-only-other-keys": "a live key is answered 401 Invalid API key, with the hint that only another kind will do",
    "probe-no-key": "a live key is answered 401 No API key found, as if something had taken the header away",
    "probe-settings-gone": "the settings of sign-in are answered 404",
    "list-masked": "the list masks values, although they were asked for",
    "list-short-prefixes": "the list shows of a key's value no more than what all of its kind begin with",
    "revoke-ignored": "DELETE answers 200, but the key still works",
    "logs-failing": "the question for the log is answered 200 with an error",
    "legacy-ignored": "switching the old keys off is answered with them still on",
    "legacy-gone": "the switch for the old keys is gone: 404",
    "bearer-trusted": "an old key that is switched off still passes as a bearer token",
}
SERVICE_ROLE: Mapping[str, object] = {"role": "service_role"}
NAME_FORM = re.compile(r"[a-z_][a-z0-9_]{3,63}")
_BEGINS = re.compile(r"startsWith\(log_attributes\['request\.sb\.apikey\.apikey\.prefix'\], '([^']*)'\)")
_ROLE = re.compile(r"log_attributes\['request\.sb\.jwt\.apikey\.payload\.role'\] = '([^']*)'")
NEW_KIND = re.compile(r"sb_(secret|publishable)_[A-Za-z0-9_-]{20,}")
UNREGISTERED = {"message": "Unregistered API key", "hint": "This API key is not registered for this project."}
INVALID = {"message": "Invalid API key", "hint": "Double check your API key."}
ONLY_OTHERS = {"message": "Invalid API key", "hint": "Only the `service_role` API key can be used for this endpoint."}
SECRET_REQUIRED = {
    "message": "Secret API key required",
    "hint": "Only secret API keys can be used for this endpoint.",
}
DISABLED = {"message": "Legacy API keys are disabled", "hint": "Your legacy API keys were disabled."}
NO_KEY = {"message": "No API key found in request", "hint": "No `apikey` request header or url param was found."}


@dataclass
class SupabaseKey(KeyRecord):
    project: str = ""
    type: str = "secret"
    claims: dict[str, object] = field(default_factory=dict)
    """What the tokens of a secret key claim, its role among them."""

    @property
    def privileged(self) -> bool:
        return self.type == "secret" or self.name == "service_role"


@dataclass
class Project:
    """One project and its legacy JWT secret."""

    reference: str
    jwt_secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    jwt_secret_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    jwt_secret_status: str = "in_use"


@dataclass(frozen=True)
class Logged:
    """A request in the log of a project's gateway, `at` in Unix seconds."""

    project: str
    at: float
    prefix: str
    role: str
    address: str
    agent: str
    method: str
    path: str
    status: str


class FakeSupabase(KeyBook[SupabaseKey]):
    """`clock` gives Unix seconds. Serve `application`; a project's host is at ``/<project>`` of it."""

    def __init__(self, clock: Callable[[], float] = time.time, propagation: float = 0.0) -> None:
        self.clock = clock
        self.propagation = propagation
        self.faults = Faults(OPERATIONS, SPECIAL)
        self.projects: dict[str, Project] = {}
        self.deletions: list[dict[str, str]] = []
        self.requests: list[Logged] = []
        self.admin_key = f"sbp_{secrets.token_hex(20)}"
        self._keys: list[SupabaseKey] = []
        self._lock = threading.RLock()
        self.flask = _routes(self)
        self.application = FaultyApplication(self.flask, self.faults, operation_of)

    def add_project(self, reference: str) -> Project:
        """A project with the pair of old keys."""
        project = self.projects[reference] = Project(reference)
        for role in ("anon", "service_role"):
            value = _token(project, role)
            self._add(SupabaseKey("", role, value, self.clock(), project=reference, type="legacy"))
        return project

    def delete_project(self, reference: str) -> None:
        """Ends a project and its keys."""
        for key in self.listed(reference):
            self.revoke(key)
        del self.projects[reference]

    def add_key(
        self, project: str, name: str = "app", kind: str = "secret", claims: Mapping[str, object] = SERVICE_ROLE
    ) -> SupabaseKey:
        value = f"sb_{kind}_{secrets.token_urlsafe(24)[:31]}"
        given = dict(claims) if kind == "secret" else {}
        key_id, now = str(uuid.uuid4()), self.clock()
        return self._add(SupabaseKey(key_id, name, value, now, project=project, type=kind, claims=given))

    def legacy(self, project: str, role: str) -> SupabaseKey:
        return next(key for key in self.all_keys() if (key.project, key.type, key.name) == (project, "legacy", role))

    def revoke(self, key: SupabaseKey) -> None:
        with self._lock:
            key.revoked_at = key.revoked_at or self.clock()

    def switch_legacy(self, project: str, *, on: bool) -> None:
        with self._lock:
            for key in self.all_keys():
                if key.project == project and key.type == "legacy":
                    key.revoked_at = None if on else key.revoked_at or self.clock()

    def listed(self, project: str) -> list[SupabaseKey]:
        """Old keys stay in the list when they are switched off."""
        keys = [key for key in self.all_keys() if key.project == project]
        return [key for key in keys if key.type == "legacy" or key.revoked_at is None]

    def log(
        self, key: SupabaseKey, method: str, path: str, *, at: float | None = None, status: int = 200,
        address: str = "127.0.0.1", agent: str = "curl/8",
    ) -> None:  # fmt: skip
        """A request with this key: the log has the beginning of a key of the new kind, and the role of an old one."""
        new = NEW_KIND.fullmatch(key.value)
        prefix, role = (key.value[: new.end(1) + 6], "") if new else ("", key.name)
        when = self.clock() if at is None else at
        with self._lock:
            self.requests.append(
                Logged(key.project, when, prefix, role, address, agent, method, path, str(status))
            )  # fmt: skip

    def rows(self, project: str, sql: str, start: datetime, end: datetime) -> list[dict[str, object]]:
        """The answer to the bot's question: the requests alike, with their first and last time and their number."""
        begins, is_role = _BEGINS.search(sql), _ROLE.search(sql)
        alike: dict[tuple[str, ...], list[float]] = {}
        for one in self.requests:
            wanted = one.prefix.startswith(begins[1]) if begins else bool(is_role and one.role == is_role[1])
            if wanted and one.project == project and start.timestamp() <= one.at < end.timestamp():
                seen = (one.address, one.agent, one.method, one.path, one.status, one.prefix)
                alike.setdefault(seen, []).append(one.at)
        names = ("address", "agent", "method", "path", "status", "prefix")
        found: list[dict[str, object]] = []
        for fields, times in sorted(alike.items(), key=lambda each: -max(each[1])):
            row: dict[str, object] = dict(zip(names, fields, strict=True))
            row |= {"first_at": _stamp(min(times)), "last_at": _stamp(max(times)), "times": str(len(times))}
            found.append(row)
        return found

    def by_value(self, value: str) -> SupabaseKey | None:
        """The key of this value, accepted or not."""
        return next((key for key in self.all_keys() if key.value == value), None)

    def _add(self, key: SupabaseKey) -> SupabaseKey:
        with self._lock:
            self._keys.append(key)
        return key


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f000")


def operation_of(environ: WSGIEnvironment) -> str:
    path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
    if not path.startswith("/v1/"):
        return "probe"
    match method, path.rsplit("/", 1)[-1]:
        case "GET", "legacy":
            return "get"
        case "GET", "logs":
            return "logs"
        case "PUT", _:
            return "legacy"
        case _, "signing-keys":
            return "signing"
        case "POST", _:
            return "create"
        case "DELETE", _:
            return "revoke"
        case _:
            return "list"


def _routes(world: FakeSupabase) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(control(world.faults, world.judged))
    _management(app, world)
    _hosts(app, world)
    return app


def _management(app: Flask, world: FakeSupabase) -> None:
    base = "/v1/projects/<reference>"

    @app.before_request
    def authenticate() -> tuple[Response, int] | None:
        if not request.path.startswith("/v1/"):
            return None
        if request.headers.get("Authorization") != f"Bearer {world.admin_key}":
            return jsonify(message="Unauthorized"), 401
        if request.path.split("/")[3] not in world.projects:
            return jsonify(message="Project not found"), 404
        return None

    @app.get(f"{base}/api-keys")
    def list_keys(reference: str) -> Response:
        hidden = request.args.get("reveal") != "true" or world.faults.take("list-masked")
        short = world.faults.take("list-short-prefixes")
        return jsonify([_shown(key, hidden=hidden, short=short) for key in world.listed(reference)])

    @app.post(f"{base}/api-keys")
    def create(reference: str) -> tuple[Response, int]:
        body = request.get_json()
        if not NAME_FORM.fullmatch(str(body["name"])) or body["type"] not in {"publishable", "secret"}:
            return jsonify(message="Validation failed"), 400
        key = world.add_key(reference, body["name"], body["type"], body.get("secret_jwt_template") or {})
        return jsonify(_shown(key, hidden=request.args.get("reveal") != "true")), 201

    @app.delete(f"{base}/api-keys/<key_id>")
    def delete(reference: str, key_id: str) -> tuple[Response, int]:
        key = next((each for each in world.listed(reference) if each.id == key_id), None)
        if key is None:
            return jsonify(message="API key not found"), 404
        world.deletions.append(request.args.to_dict())
        if not world.faults.take("revoke-ignored"):
            world.revoke(key)
        return jsonify(_shown(key, hidden=True)), 200

    @app.route(f"{base}/api-keys/legacy", methods=["GET", "PUT"])
    def legacy(reference: str) -> tuple[Response, int]:
        if world.faults.take("legacy-gone"):
            return jsonify(message="Not Found"), 404
        if request.method == "PUT" and not world.faults.take("legacy-ignored"):
            world.switch_legacy(reference, on=request.args["enabled"] == "true")
        return jsonify(enabled=world.legacy(reference, "anon").revoked_at is None), 200

    @app.get(f"{base}/analytics/endpoints/logs")
    def logs(reference: str) -> tuple[Response, int]:
        start, end = (datetime.fromisoformat(request.args[f"iso_timestamp_{each}"]) for each in ("start", "end"))
        if end - start > timedelta(hours=24):
            return jsonify(message="The time range may not exceed 24 hours"), 400
        if world.faults.take("logs-failing"):
            return jsonify(result=None, error="Backend error! Retry your query."), 200
        return jsonify(result=world.rows(reference, request.args["sql"], start, end), error=None), 200

    @app.get(f"{base}/config/auth/signing-keys")
    def signing_keys(reference: str) -> Response:
        project = world.projects[reference]
        shown = {"id": project.jwt_secret_id, "algorithm": "HS256", "status": project.jwt_secret_status}
        times = {"created_at": "2024-01-01T00:00:00.000Z", "updated_at": "2024-01-01T00:00:00.000Z"}
        return jsonify(keys=[{**shown, **times}])


def _hosts(app: Flask, world: FakeSupabase) -> None:
    def refusal(reference: str) -> tuple[Response, int] | None:
        value = request.headers.get("apikey", "")
        key = world.by_value(value)
        if not value or world.faults.take("probe-no-key"):
            return jsonify(NO_KEY), 401
        if key is None and NEW_KIND.fullmatch(value):
            return jsonify(UNREGISTERED), 401
        if key is None or key.project != reference or "Mozilla" in request.headers.get("User-Agent", ""):
            return jsonify(INVALID), 401
        if not world.accepts(key):
            return jsonify(DISABLED if key.type == "legacy" else UNREGISTERED), 401
        if world.faults.take("probe-only-other-keys"):
            return jsonify(ONLY_OTHERS), 401
        if world.faults.take("probe-secret-required"):
            return jsonify(SECRET_REQUIRED), 401
        key.last_used_at = world.clock()
        return None

    @app.after_request
    def log(response: Response) -> Response:
        key = world.by_value(request.headers.get("apikey", ""))
        if key is not None:
            path, agent = request.path.removeprefix(f"/{key.project}"), request.headers.get("User-Agent", "")
            world.log(
                key, request.method, path, status=response.status_code, address=request.remote_addr or "", agent=agent
            )
        return response

    @app.get("/<reference>/auth/v1/settings")
    def settings(reference: str) -> tuple[Response, int]:
        if refused := refusal(reference):
            return refused
        if world.faults.take("probe-settings-gone"):
            return jsonify(message="not found"), 404
        return jsonify(external={"email": True}, disable_signup=False), 200

    @app.get("/<reference>/rest/v1/")
    def root(reference: str) -> tuple[Response, int]:
        if refused := refusal(reference):
            return refused
        key = world.by_value(request.headers["apikey"])
        if key is None or not key.privileged:
            legacy = key is not None and key.type == "legacy"
            return jsonify(ONLY_OTHERS if legacy else SECRET_REQUIRED), 401
        return jsonify(swagger="2.0", paths={"/": {}}), 200

    @app.get("/<reference>/auth/v1/admin/users")
    def users(reference: str) -> tuple[Response, int]:
        if refused := refusal(reference):
            return refused
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        trusted = bearer == world.legacy(reference, "service_role").value and world.faults.take("bearer-trusted")
        return (jsonify(users=[], aud="authenticated"), 200) if trusted else (jsonify(code=403, msg="bad jwt"), 403)


def _shown(key: SupabaseKey, *, hidden: bool, short: bool = False) -> dict[str, object]:
    value = f"{key.value[:14]}···" if hidden else key.value
    made = datetime.fromtimestamp(key.created_at, UTC).isoformat().replace("+00:00", "Z")
    shown: dict[str, object] = {"name": key.name, "id": key.id or key.name, "type": key.type, "api_key": value}
    prefix = key.value[: len(f"sb_{key.type}_") + (0 if short else 4)]
    shown |= {"prefix": prefix, "description": None, "inserted_at": made, "updated_at": made, "hash": "x"}
    return shown | {"secret_jwt_template": key.claims or None}


def _token(project: Project, role: str) -> str:
    """A key of the old kind: a JSON Web Token, signed with the project's legacy secret."""
    claims = {"iss": "supabase", "ref": project.reference, "role": role, "iat": 1700000000, "exp": 2000000000}
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    body = ".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{body}.{_base64(hmac.digest(project.jwt_secret, body.encode(), hashlib.sha256))}"


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
