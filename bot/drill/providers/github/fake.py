"""A fake for GitHub's REST API: whose token it is, the audit log, and the two ways to hand a token in.

Paths, statuses and bodies are those of GitHub's OpenAPI file. Tokens are made and deleted by people (`add_token`,
`delete`); a revoked one goes on being accepted for `propagation` seconds.
"""

from __future__ import annotations

import re
import secrets
import string
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, jsonify, request

from bot.drill.fakes.control import KeyBook, KeyRecord, control
from bot.drill.fakes.faults import Faults, FaultyApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPERATIONS = ("probe", "revoke", "audit")
SPECIAL = {
    "probe-sso": "a live token is answered 403, it is not authorised for single sign-on",
    "probe-fine-grained": "a live token is answered 403, it has not the right to ask",
    "probe-rate-limited": "any token is answered 403, the rate limit is exceeded",
    "probe-stripped": "any token is answered 401 Requires authentication, as if a proxy took the header away",
    "revoke-ignored": "the revocation is accepted, but the token still works",
    "audit-rate-limited": "the question for the audit log is answered 403, the rate limit is exceeded",
    "revoke-rate-limited": "the revocation is answered 403, the rate limit is exceeded",
}
RATE_LIMITED = "API rate limit exceeded for 127.0.0.1."
SSO = "Resource protected by organization SAML enforcement. You must grant your Personal Access token access."
NO_RIGHT = "Resource not accessible by personal access token"
ALPHABET = string.ascii_letters + string.digits
_HASHED, _CREATED = re.compile(r'hashed_token:"([^"]*)"'), re.compile(r"created:>=(\d{4}-\d{2}-\d{2})")
LENGTH = 36
SELF_REVOCABLE = ("ghp_", "github_pat_", "gho_", "ghu_", "ghr_")


@dataclass
class GitHubToken(KeyRecord):
    owner: str = ""
    may_ask: bool = True


class FakeGitHub(KeyBook[GitHubToken]):
    """`clock` gives Unix seconds. Serve `application`."""

    def __init__(self, clock: Callable[[], float] = time.time, propagation: float = 0.0) -> None:
        self.clock = clock
        self.propagation = propagation
        self.faults = Faults(OPERATIONS, SPECIAL)
        self.owner = "practice-machine"
        self.organization = "practice"
        self.enterprise_cloud = True
        self._audit: list[dict[str, object]] = []
        self._keys: list[GitHubToken] = []
        self._lock = threading.RLock()
        self.flask = _routes(self)
        self.application = FaultyApplication(self.flask, self.faults, operation_of)

    def add_token(
        self, name: str = "app", *, prefix: str = "ghp_", owner: str | None = None, may_ask: bool = True
    ) -> GitHubToken:
        """What a person does in the settings. One that may not ask is refused whose token it is."""
        value = prefix + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        token = GitHubToken(secrets.token_hex(4), name, value, self.clock(), owner=owner or self.owner, may_ask=may_ask)
        with self._lock:
            self._keys.append(token)
        return token

    def delete(self, token: GitHubToken) -> None:
        """What “Delete” in the settings does, and what a revocation comes to."""
        if self.faults.take("revoke-ignored"):
            return
        with self._lock:
            token.revoked_at = token.revoked_at or self.clock()

    def record(self, token: GitHubToken, action: str, *, at: float | None = None, **fields: object) -> None:
        """An event of the organization's audit log: what someone did with the token. Newest first."""
        hashed = b64encode(sha256(token.value.encode()).digest()).decode()
        when = int((self.clock() if at is None else at) * 1000)
        event = {
            "@timestamp": when,
            "created_at": when,
            "_document_id": secrets.token_hex(8),
            "action": action,
            "actor": token.owner,
            "org": self.organization,
            "hashed_token": hashed,
            **fields,
        }
        with self._lock:
            self._audit.append(event)
            self._audit.sort(key=itemgetter("created_at"), reverse=True)

    def recorded(self, phrase: str) -> list[dict[str, object]]:
        """The events of the token with this hash, from a day on."""
        hashed, since = _HASHED.search(phrase), _CREATED.search(phrase)
        day = datetime.fromisoformat(since[1]).replace(tzinfo=UTC).timestamp() * 1000 if since else 0.0
        return [
            event for event in self._audit
            if hashed and event["hashed_token"] == hashed[1] and cast("int", event["created_at"]) >= day
        ]  # fmt: skip


def operation_of(environ: WSGIEnvironment) -> str:
    path = environ.get("PATH_INFO", "")
    return "probe" if path == "/user" else "audit" if path.startswith("/orgs/") else "revoke"


def _routes(world: FakeGitHub) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(control(world.faults, world.judged))

    @app.get("/user")
    def user() -> tuple[Response, int]:
        if world.faults.take("probe-rate-limited"):
            return _error(403, RATE_LIMITED)
        if "Authorization" not in request.headers or world.faults.take("probe-stripped"):
            return _error(401, "Requires authentication")
        token = world.by_value(_bearer())
        if token is None or token.value.startswith("ghr_"):
            return _error(401, "Bad credentials")
        if world.faults.take("probe-sso"):
            return _error(403, SSO)
        token.last_used_at = world.clock()
        if not token.may_ask or world.faults.take("probe-fine-grained"):
            return _error(403, NO_RIGHT)
        return jsonify(_user(token.owner)), 200

    @app.get("/orgs/<org>/audit-log")
    def audit_log(org: str) -> tuple[Response, int]:
        token = world.by_value(_bearer())
        if token is None:
            return _error(401, "Bad credentials")
        if world.faults.take("audit-rate-limited"):
            return _error(403, RATE_LIMITED)
        if org != world.organization or not world.enterprise_cloud:
            return _error(404, "Not Found")
        found, asked = world.recorded(request.args.get("phrase", "")), request.args
        first, size = int(asked.get("after", "0")), min(int(asked.get("per_page", "30")), 100)
        answer = jsonify(found[first : first + size])
        if found[first + size :]:
            answer.headers["Link"] = f'<{request.base_url}?after={first + size}&per_page={size}>; rel="next"'
        return answer, 200

    @app.post("/credentials/revoke")
    def revoke() -> tuple[Response, int]:
        if "Authorization" in request.headers:
            return _error(403, "This endpoint must be called without authentication.")
        if world.faults.take("revoke-rate-limited"):
            return _error(403, RATE_LIMITED)
        named = (request.get_json(silent=True) or {}).get("credentials")
        if not isinstance(named, list) or not 1 <= len(named) <= 1000:
            return _error(422, "Validation Failed")
        for token in world.live_keys():
            if token.value in named and token.value.startswith(SELF_REVOCABLE):
                world.delete(token)
        return jsonify({}), 202

    @app.delete("/installation/token")
    def end_installation_token() -> tuple[Response, int] | tuple[str, int]:
        token = world.by_value(_bearer())
        if token is None or token.revoked_at is not None:
            return _error(401, "Bad credentials")
        if not token.value.startswith("ghs_"):
            return _error(403, "Resource not accessible by personal access token")
        world.delete(token)
        return "", 204

    return app


def _bearer() -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _user(login: str) -> dict[str, object]:
    api, web = f"https://api.github.com/users/{login}", f"https://github.com/{login}"
    links = ("followers", "following", "gists", "starred", "subscriptions", "orgs", "repos", "events")
    urls = {f"{'organizations' if link == 'orgs' else link}_url": f"{api}/{link}" for link in links}
    when = "2024-01-02T03:04:05Z"
    return {
        "login": login,
        "id": 1 + sum(login.encode()),
        "user_view_type": "public",
        "node_id": "MDQ6VXNlcjE=",
        "avatar_url": f"{web}.png",
        "gravatar_id": "",
        "url": api,
        "html_url": web,
        **urls,
        "received_events_url": f"{api}/received_events",
        "type": "User",
        "site_admin": False,
        "name": login,
        "company": None,
        "blog": None,
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "public_repos": 1,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": when,
        "updated_at": when,
    }


def _error(status: int, message: str) -> tuple[Response, int]:
    address = "https://docs.github.com/rest"
    return jsonify(message=message, documentation_url=address, status=str(status)), status
