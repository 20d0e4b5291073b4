"""Who finds leaks: GitHub's secret scanning and GitGuardian, as far as the bot asks them.

Each keeps alerts that change as someone resolves them. GitHub's answers are checked against its published OpenAPI file
in tests. Of GitGuardian there is none at hand: an incident here has the fields of `SecretIncident` in py-gitguardian,
its own client.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, jsonify, request

from bot.news.sources.gitguardian import digest_of
from bot.secrets.secret import Secret

API = "https://api.github.com"
WEB = "https://github.com"
NOT_FOUND = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}
GENERIC = ("password", "_private_key", "_connection_string", "_authentication_header")
"""How the kinds end that GitHub lists only where they are asked for by name."""
type Json = dict[str, Any]


@dataclass
class Alert:
    """One finding. `value` is shown to callers that may read alerts."""

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
    updated_at: datetime | None = None
    state: str = "open"
    resolution: str | None = None

    @property
    def changed_at(self) -> datetime:
        return self.updated_at or self.created_at

    def document(self, *, hidden: bool) -> Json:
        stamp, changed = (at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in (self.created_at, self.changed_at))
        path = f"/repos/{self.repository}/secret-scanning/alerts/{self.number}"
        document = {
            "number": self.number, "created_at": stamp, "updated_at": changed,
            "url": f"{API}{path}",
            "html_url": f"{WEB}/{self.repository}/security/secret-scanning/{self.number}",
            "locations_url": f"{API}{path}/locations",
            "state": self.state, "resolution": self.resolution, "resolution_comment": None,
            "resolved_at": changed if self.state == "resolved" else None,
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
    """Serve `application`. `repositories` says which there are, and whether they are private; `organisations` those of
    whose repositories together the token may ask.
    """

    def __init__(
        self, repositories: Mapping[str, bool], organisations: Collection[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self.organisations = frozenset(organisations)
        self.clock = clock
        self.repositories = dict(repositories)
        self.token = Secret(f"github_pat_{secrets.token_hex(20)}")
        self.alerts: dict[tuple[str, int], Alert] = {}
        self.asked: list[str] = []
        """Method and path of each request, in order."""
        self.application = self._application()

    def find(self, repository: str, value: str, **more: Any) -> Alert:
        """A push holds the value: from now on there is an alert."""
        number = sum(name == repository for name, _ in self.alerts) + 1
        alert = Alert(number, repository, Secret(value), **{"created_at": self.clock(), **more})
        self.alerts[repository, number] = alert
        return alert

    def changes(self, alert: Alert, **more: Any) -> None:
        """Something about it is another from now on: a second later than the last change at least."""
        for name, value in more.items():
            setattr(alert, name, value)
        alert.updated_at = max(self.clock(), alert.changed_at + timedelta(seconds=1))

    def _listed(self, found: Iterable[Alert], document: Callable[[Alert], Json]) -> Response:
        """The alerts that the query asks for; empty if the sent tag is the answer's."""
        state, asked = request.args.get("state", ""), request.args
        kinds = [kind for kind in asked.get("secret_type", "").split(",") if kind]
        shown = [one for one in found if state in {"", one.state}]
        shown = [one for one in shown if (one.kind in kinds if kinds else not one.kind.endswith(GENERIC))]
        by_change = asked.get("sort") == "updated"
        shown.sort(key=lambda one: (one.changed_at if by_change else one.created_at, one.number), reverse=True)
        page, size = int(asked.get("page", 1)), int(asked.get("per_page", 30))
        answer = jsonify([document(one) for one in shown[(page - 1) * size : page * size]])
        answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest(), weak=True)
        answer.make_conditional(request)
        return answer

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
        def listed(owner: str, repo: str) -> tuple[Response, int] | Response:
            wanted, hidden = f"{owner}/{repo}", request.args.get("hide_secret") == "true"
            if wanted not in self.repositories:
                return jsonify(NOT_FOUND), 404
            found = [one for (where, _), one in self.alerts.items() if where == wanted]
            return self._listed(found, lambda one: one.document(hidden=hidden))

        @app.get("/orgs/<org>/secret-scanning/alerts")
        def listed_of_all(org: str) -> tuple[Response, int] | Response:
            hidden = request.args.get("hide_secret") == "true"
            if org not in self.organisations:
                return jsonify(NOT_FOUND), 404
            found = [one for (where, _), one in self.alerts.items() if where.startswith(f"{org}/")]
            return self._listed(
                found, lambda one: one.document(hidden=hidden) | {"repository": _repository(one.repository)}
            )

        @app.get("/repos/<owner>/<repo>/secret-scanning/alerts/<int:alert_number>")
        def one(owner: str, repo: str, alert_number: int) -> tuple[Response, int]:
            alert = self.alerts.get((f"{owner}/{repo}", alert_number))
            hidden = request.args.get("hide_secret") == "true"
            return (jsonify(alert.document(hidden=hidden)), 200) if alert is not None else (jsonify(NOT_FOUND), 404)

        return app


def _repository(name: str) -> Json:
    """As far as an alert's list says whose it is, with the addresses that GitHub gives of each."""
    owner, _, short = name.partition("/")
    return {"id": 1, "name": short, "full_name": name, "owner": {"login": owner}}


@dataclass
class GuardedIncident:
    """What GitGuardian knows of a value: a hash of it."""

    number: int
    digest: str
    status: str = "TRIGGERED"
    detector: str = "Generic High Entropy Secret"
    tags: tuple[str, ...] = ()
    date: datetime = field(default_factory=lambda: datetime.now(UTC))

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
            "hmsl_hash": self.digest, "secret_revoked": False, "validity": "no_checker", "severity": "high",
            "regression": False, "assignee_email": None, "ignored_at": None, "ignore_reason": None,
            "resolved_at": None, "share_url": None,
            "gitguardian_url": f"https://dashboard.gitguardian.com/workspace/1/incidents/{self.number}",
        }  # fmt: skip


class FakeGitguardian:
    """Serve `application` as ``…/v1``."""

    def __init__(self) -> None:
        self.token = Secret(secrets.token_hex(24))
        self.incidents: dict[int, GuardedIncident] = {}
        self.application = self._application()

    def find(self, value: str, **more: Any) -> GuardedIncident:
        found = GuardedIncident(len(self.incidents) + 1, digest_of(value), **more)
        self.incidents[found.number] = found
        return found

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

        return app
