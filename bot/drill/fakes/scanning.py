"""Who finds leaks: GitHub's secret scanning and GitGuardian, as far as the bot asks them, and the webhooks they send.

Each keeps alerts that change as somebody resolves them. A webhook is signed as its source signs, and never carries a
value. GitHub's answers are checked against its published OpenAPI file in tests. Of GitGuardian there is none at hand:
an incident here has the fields of `SecretIncident` in py-gitguardian, its own client, and one of a webhook those that
its guide "Custom webhook" shows.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests
from flask import Flask, Response, jsonify, request

from bot.intake.gitguardian import digest_of
from bot.secret import Secret

API = "https://api.github.com"
WEB = "https://github.com"
NOT_FOUND = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}
GENERIC = ("password", "_private_key", "_connection_string", "_authentication_header")
"""How the kinds end that GitHub lists only where they are asked for by name."""
type Json = dict[str, Any]


@dataclass
class Alert:
    """One finding. `value` is given to whoever may read alerts."""

    number: int
    repository: str
    value: Secret
    kind: str = "openai_api_key"
    label: str = "OpenAI API Key"
    path: str = "src/config.py"
    line: int = 12
    place: Json | None = None
    """Another one than a line of a file, as GitHub describes it."""
    public: bool = False
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    state: str = "open"
    resolution: str | None = None
    comment: str | None = None

    def document(self, *, hidden: bool) -> Json:
        stamp = self.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        path = f"/repos/{self.repository}/secret-scanning/alerts/{self.number}"
        document = {
            "number": self.number, "created_at": stamp, "updated_at": stamp,
            "url": f"{API}{path}",
            "html_url": f"{WEB}/{self.repository}/security/secret-scanning/{self.number}",
            "locations_url": f"{API}{path}/locations",
            "state": self.state, "resolution": self.resolution, "resolution_comment": self.comment,
            "resolved_at": stamp if self.state == "resolved" else None,
            "secret_type": self.kind, "secret_type_display_name": self.label,
            "push_protection_bypassed": False, "push_protection_bypassed_at": None, "validity": "unknown",
            "publicly_leaked": self.public, "multi_repo": False,
            "first_location_detected": self.place or {
                "path": self.path, "start_line": self.line, "end_line": self.line, "start_column": 1, "end_column": 40,
                "blob_sha": "a" * 40, "blob_url": f"{API}/repos/{self.repository}/git/blobs/{'a' * 40}",
                "commit_sha": "b" * 40, "commit_url": f"{API}/repos/{self.repository}/git/commits/{'b' * 40}",
            },
            "has_more_locations": False,
        }  # fmt: skip
        if self.resolution is None:
            del document["resolution"]  # GitHub gives null, which its own file does not allow
        return document if hidden else document | {"secret": self.value.reveal()}


class FakeGithubScanning:
    """Serve `application`. `repositories` says which there are, and whether they are private."""

    def __init__(self, repositories: Mapping[str, bool]) -> None:
        self.repositories = dict(repositories)
        self.token = Secret(f"github_pat_{secrets.token_hex(20)}")
        self.webhook_secret = Secret(secrets.token_urlsafe(24))
        self.alerts: dict[tuple[str, int], Alert] = {}
        self.asked: list[str] = []
        """Method and path of each request, in order."""
        self.may_write = True
        self.application = self._application()

    def find(self, repository: str, value: str, **more: Any) -> Alert:
        """A push holds the value: from now on there is an alert."""
        number = sum(name == repository for name, _ in self.alerts) + 1
        alert = Alert(number, repository, Secret(value), **more)
        self.alerts[repository, number] = alert
        return alert

    def body(self, alert: Alert, action: str = "created") -> bytes:
        """What the webhook sends: never the value."""
        owner, _, name = alert.repository.partition("/")
        about = {"id": 1, "name": name, "full_name": alert.repository, "private": self.repositories[alert.repository]}
        document = {
            "action": action,
            "alert": alert.document(hidden=True),
            "repository": {**about, "owner": {"login": owner}, "html_url": f"{WEB}/{alert.repository}"},
            "sender": {"login": "github", "type": "Bot"},
        }
        return json.dumps(document).encode()

    def headers(self, body: bytes, event: str = "secret_scanning_alert", delivery: str = "") -> dict[str, str]:
        digest = hmac.new(self.webhook_secret.reveal().encode(), body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
            "X-Hub-Signature-256": f"sha256={digest}",
        }

    def deliver(self, url: str, alert: Alert, action: str = "created") -> int:
        """Sends it, once, and gives the status."""
        body = self.body(alert, action)
        with requests.Session() as session:
            session.trust_env = False
            return session.post(url, data=body, headers=self.headers(body), timeout=10).status_code

    def _application(self) -> Flask:
        app = Flask(__name__)

        @app.before_request
        def check() -> tuple[Response, int] | None:
            self.asked.append(f"{request.method} {request.path}")
            if not hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {self.token.reveal()}"):
                return jsonify({"message": "Bad credentials"}), 401
            return None

        @app.get("/repos/<owner>/<repo>")
        def repository(owner: str, repo: str) -> tuple[Response, int]:
            found = f"{owner}/{repo}"
            if found not in self.repositories:
                return jsonify(NOT_FOUND), 404
            return jsonify({"id": 1, "full_name": found, "private": self.repositories[found]}), 200

        @app.get("/repos/<owner>/<repo>/secret-scanning/alerts")
        def listed(owner: str, repo: str) -> tuple[Response, int]:
            wanted, state = f"{owner}/{repo}", request.args.get("state", "")
            if wanted not in self.repositories:
                return jsonify(NOT_FOUND), 404
            page, size = int(request.args.get("page", 1)), int(request.args.get("per_page", 30))
            found = [one for (where, _), one in self.alerts.items() if where == wanted and state in {"", one.state}]
            kinds = [kind for kind in request.args.get("secret_type", "").split(",") if kind]
            found = [one for one in found if (one.kind in kinds if kinds else not one.kind.endswith(GENERIC))]
            found.sort(key=lambda one: -one.number)
            hidden = request.args.get("hide_secret") == "true"
            shown = found[(page - 1) * size : page * size]
            return jsonify([one.document(hidden=hidden) for one in shown]), 200

        @app.get("/repos/<owner>/<repo>/secret-scanning/alerts/<int:alert_number>")
        def one(owner: str, repo: str, alert_number: int) -> tuple[Response, int]:
            alert = self.alerts.get((f"{owner}/{repo}", alert_number))
            hidden = request.args.get("hide_secret") == "true"
            return (jsonify(alert.document(hidden=hidden)), 200) if alert is not None else (jsonify(NOT_FOUND), 404)

        @app.patch("/repos/<owner>/<repo>/secret-scanning/alerts/<int:alert_number>")
        def change(owner: str, repo: str, alert_number: int) -> tuple[Response, int]:
            alert = self.alerts.get((f"{owner}/{repo}", alert_number))
            if alert is None or not self.may_write:
                return jsonify(NOT_FOUND), 404
            wanted = request.get_json()
            if wanted["state"] == "resolved" and wanted.get("resolution") is None:
                return jsonify({"message": "resolution is missing"}), 422
            alert.state, alert.resolution = wanted["state"], wanted.get("resolution")
            alert.comment = wanted.get("resolution_comment")
            return jsonify(alert.document(hidden=False)), 200

        return app


@dataclass
class GuardedIncident:
    """What GitGuardian knows of a value: a hash of it."""

    number: int
    digest: str
    status: str = "TRIGGERED"
    detector: str = "Generic High Entropy Secret"
    tags: tuple[str, ...] = ()
    date: datetime = field(default_factory=lambda: datetime.now(UTC))
    revoked: bool = False

    def document(self) -> Json:
        """As the API gives it."""
        return {
            **self._common(), "status": self.status, "occurrences_count": 1, "tags": list(self.tags),
            "assignee_id": None, "triggered_at": self._stamp, "ignorer_id": None, "ignorer_api_token_id": None,
            "resolver_id": None, "resolver_api_token_id": None, "feedback_list": [], "occurrences": None,
            "secret_presence": dict.fromkeys(
                ("files_requiring_code_fix", "files_pending_merge", "files_fixed", "outside_vcs",
                 "removed_outside_vcs", "in_vcs", "removed_in_vcs"), 0
            ),
        }  # fmt: skip

    def announced(self) -> Json:
        """As a webhook gives it."""
        return {
            **self._common(), "status": self.status.lower(), "occurrence_count": 1,
            "declarative_secret_status": "inactive" if self.revoked else "active",
        }  # fmt: skip

    @property
    def _stamp(self) -> str:
        return self.date.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _common(self) -> Json:
        name = "generic_high_entropy_secret"
        detector = {
            "name": name, "display_name": self.detector, "nature": "generic", "family": "other",
            "detector_group_name": name, "detector_group_display_name": self.detector,
        }  # fmt: skip
        return {
            "id": self.number, "date": self._stamp, "detector": detector, "secret_hash": "x" * 64,
            "hmsl_hash": self.digest, "secret_revoked": self.revoked, "validity": "no_checker", "severity": "high",
            "regression": False, "assignee_email": None, "ignored_at": None, "ignore_reason": None,
            "resolved_at": None, "share_url": None,
            "gitguardian_url": f"https://dashboard.gitguardian.com/workspace/1/incidents/{self.number}",
        }  # fmt: skip


class FakeGitguardian:
    """Serve `application` as ``…/v1``."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.token = Secret(secrets.token_hex(24))
        self.webhook_token = Secret(secrets.token_urlsafe(24))
        self.incidents: dict[int, GuardedIncident] = {}
        self.clock = clock
        self.application = self._application()

    def find(self, value: str, **more: Any) -> GuardedIncident:
        found = GuardedIncident(len(self.incidents) + 1, digest_of(value), **more)
        self.incidents[found.number] = found
        return found

    def body(self, incident: GuardedIncident, action: str = "incident_triggered") -> bytes:
        return json.dumps(
            {"source": "GitGuardian", "timestamp": datetime.now(UTC).isoformat(), "action": action,
             "message": "A new incident has been detected.", "incident": incident.announced()}
        ).encode()  # fmt: skip

    def headers(self, body: bytes, at: float | None = None) -> dict[str, str]:
        stamp = str(int(at if at is not None else self.clock()))
        key = stamp.encode() + self.webhook_token.reveal().encode()
        return {
            "Content-Type": "application/json",
            "Timestamp": stamp,
            "Gitguardian-Signature": f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}",
        }

    def _application(self) -> Flask:
        app = Flask(__name__)

        @app.before_request
        def check() -> tuple[Response, int] | None:
            if not hmac.compare_digest(request.headers.get("Authorization", ""), f"Token {self.token.reveal()}"):
                return jsonify({"detail": "Invalid API key."}), 401
            return None

        @app.get("/v1/incidents/secrets")
        def listed() -> Response:
            wanted = request.args.get("status", "")
            found = [one for one in reversed(self.incidents.values()) if wanted in {"", one.status}]
            first, size = int(request.args.get("cursor", "0")), int(request.args.get("per_page", 20))
            answer = jsonify([one.document() for one in found[first : first + size]])
            if len(found) > first + size:
                answer.headers["Link"] = f'<{request.base_url}?cursor={first + size}&status={wanted}>; rel="next"'
            return answer

        @app.get("/v1/incidents/secrets/<int:number>")
        def one(number: int) -> tuple[Response, int]:
            found = self.incidents.get(number)
            return (jsonify(found.document()), 200) if found is not None else (jsonify({"detail": "Not found."}), 404)

        @app.post("/v1/incidents/secrets/<int:number>/resolve")
        def resolve(number: int) -> tuple[Response, int]:
            found = self.incidents.get(number)
            if found is None:
                return jsonify({"detail": "Not found."}), 404
            found.status, found.revoked = "RESOLVED", bool(request.get_json()["secret_revoked"])
            return jsonify(found.document()), 200

        return app
