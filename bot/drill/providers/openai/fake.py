"""A fake for OpenAI's API: models, projects, project API keys, service accounts, and usage by key.

Paths, statuses and bodies are those of OpenAI's OpenAPI specification. A revoked key leaves the lists at once and goes
on being accepted for `propagation` seconds, since OpenAI caches authentication.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request

from bot.drill.ages import HIRED
from bot.drill.fakes.control import KeyBook, KeyRecord, control
from bot.drill.fakes.faults import Faults, FaultyApplication
from bot.drill.providers.openai.shapes import error, page_of
from bot.drill.providers.openai.usage import FakeUsage, add_usage

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPERATIONS = ("create", "revoke", "list", "probe", "get")
SPECIAL = {
    "probe-ip-not-authorized": "a live key is answered 401 ip_not_authorized",
    "probe-incorrect-hostname": "a live key is answered 401 incorrect_hostname, as one of another region",
    "probe-quota": "a live key is answered 429 insufficient_quota",
    "revoke-ignored": "DELETE answers 200, but the key still works",
    "revoke-not-alone": "DELETE of a service account's key answers 400",
    "revoke-account-ignored": "DELETE of a service account answers 200, but its keys live on",
    "revoke-bystander": "DELETE ends another key of the project as well",
}
HEAD, TAIL = 11, 4
"""Characters of a value that its redacted form shows."""
BASE = "/v1"


@dataclass
class OpenAIKey(KeyRecord):
    project: str = ""
    owner: dict[str, object] = field(default_factory=dict)
    restricted: bool = False
    scopes: tuple[str, ...] = ()


@dataclass
class AdminKey(KeyRecord):
    owner_type: str = "user"
    owner_id: str = "user_1"


class FakeOpenAI(KeyBook[OpenAIKey]):
    """`clock` gives Unix seconds. Serve `application`; the base URL of the API is the server's plus ``/v1``."""

    def __init__(self, clock: Callable[[], float] = time.time, propagation: float = 0.0) -> None:
        self.clock = clock
        self.propagation = propagation
        self.faults = Faults(OPERATIONS, SPECIAL)
        self.admin_key = f"sk-admin-{secrets.token_hex(24)}"
        self._projects: list[str] = []
        self._accounts: dict[str, str] = {}
        self._account_names: dict[str, str] = {}
        self._keys: list[OpenAIKey] = []
        self._admin_keys = [AdminKey("key_admin", "bot", self.admin_key, self.clock() - HIRED.total_seconds())]
        self._lock = threading.RLock()
        self.usage = FakeUsage(self.clock)
        self.flask = _routes(self)
        self.application = FaultyApplication(self.flask, self.faults, operation_of)

    def add_project(self, project: str, *service_accounts: str) -> None:
        with self._lock:
            if project not in self._projects:
                self._projects.append(project)
            self._accounts |= dict.fromkeys(service_accounts, project)

    def add_key(
        self,
        project: str,
        name: str = "app",
        *,
        service_account: str | None = None,
        user: str | None = None,
        twin_of: str | None = None,
        restricted: bool = False,
    ) -> OpenAIKey:
        """Adds a live key: of `service_account`, else of a person. A `twin_of` a value has the same redacted form."""
        self.add_project(project, *([service_account] if service_account else []))
        return self.new_key(project, name, service_account, user=user, twin_of=twin_of, restricted=restricted)

    def new_key(
        self,
        project: str,
        name: str,
        service_account: str | None,
        *,
        user: str | None = None,
        twin_of: str | None = None,
        restricted: bool = False,
        scopes: tuple[str, ...] = (),
    ) -> OpenAIKey:
        prefix = "sk-svcacct-" if service_account else "sk-proj-"
        middle = secrets.token_hex(20)
        value = f"{twin_of[:HEAD]}{middle}{twin_of[-TAIL:]}" if twin_of else f"{prefix}{middle}{secrets.token_hex(4)}"
        key = OpenAIKey(
            id=f"key_{secrets.token_hex(8)}",
            name=name,
            value=value,
            created_at=self.clock(),
            project=project,
            owner=_owner(service_account, self._account_names.get(service_account or "", ""), user or "Ada Lovelace"),
            restricted=restricted,
            scopes=scopes,
        )
        with self._lock:
            self._keys.append(key)
        return key

    def new_account(self, project: str, name: str) -> tuple[str, OpenAIKey]:
        """A service account with its first key, whose name says nothing of the account's."""
        account = f"svc_acct_{secrets.token_hex(8)}"
        with self._lock:
            self._account_names[account] = name
            self.add_project(project, account)
            return account, self.new_key(project, "Secret Key", account)

    def add_admin_key(self, name: str, *, service_account: str | None = None) -> None:
        """A person with the rights makes another admin key; a service account can own the bot's own one."""
        if service_account is not None:
            self._admin_keys[0].owner_type, self._admin_keys[0].owner_id = "service_account", service_account
        value = f"sk-admin-{secrets.token_hex(24)}"
        self._admin_keys.append(AdminKey(f"key_{secrets.token_hex(8)}", name, value, self.clock()))

    def admin_keys(self) -> list[AdminKey]:
        with self._lock:
            return list(self._admin_keys)

    def delete_project(self, project: str) -> None:
        """Ends a project and its keys."""
        with self._lock:
            for key in self.listed(project):
                self.revoke(key)
            self._projects.remove(project)

    def delete_account(self, project: str, service_account: str) -> bool:
        """Ends a service account and its keys; False if there is none."""
        with self._lock:
            if not self.owns(project, service_account):
                return False
            del self._accounts[service_account]
            for key in self._keys:
                account = key.owner.get("service_account")
                if isinstance(account, dict) and account["id"] == service_account:
                    self.revoke(key)
            return True

    def revoke(self, key: OpenAIKey) -> None:
        with self._lock:
            key.revoked_at = key.revoked_at or self.clock()

    def listed(self, project: str) -> list[OpenAIKey]:
        with self._lock:
            return [key for key in self._keys if key.project == project and key.revoked_at is None]

    def projects(self) -> list[str]:
        with self._lock:
            return list(self._projects)

    def owns(self, project: str, service_account: str) -> bool:
        return self._accounts.get(service_account) == project


def operation_of(environ: WSGIEnvironment) -> str:
    path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
    if path == f"{BASE}/models":
        return "probe"
    if path == f"{BASE}/chat/completions" or path.startswith(
        (f"{BASE}/organization/usage/", f"{BASE}/organization/audit")
    ):
        return "use"
    if method in {"POST", "DELETE"}:
        return {"POST": "create", "DELETE": "revoke"}[method]
    return "list" if path.endswith(("/api_keys", "/projects", "/admin_api_keys")) else "get"


def _routes(world: FakeOpenAI) -> Flask:
    app = Flask(__name__)
    app.register_blueprint(control(world.faults, world.judged))
    projects = f"{BASE}/organization/projects"

    @app.before_request
    def admin_only() -> tuple[Response, int] | None:
        if request.path.startswith(f"{BASE}/organization/") and _bearer() != world.admin_key:
            return _invalid_key()
        return None

    @app.get(f"{BASE}/models")
    def models() -> tuple[Response, int]:
        key = world.by_value(_bearer())
        if key is None:
            return _invalid_key()
        if world.faults.take("probe-ip-not-authorized"):
            return error(401, "Your IP address is not on the allow list of this organization.", "ip_not_authorized")
        if world.faults.take("probe-incorrect-hostname"):
            return error(401, "Attempted to access resource with incorrect regional hostname.", "incorrect_hostname")
        if world.faults.take("probe-quota"):
            return error(429, "You exceeded your current quota.", "insufficient_quota")
        key.last_used_at = world.clock()
        if key.restricted:
            text = "You have insufficient permissions for this operation. Missing scopes: api.model.read."
            return error(403, text, None)
        model = {"id": "gpt-5", "object": "model", "created": 1_750_000_000, "owned_by": "openai"}
        return jsonify(object="list", data=[model]), 200

    @app.get(projects)
    def list_projects() -> Response:
        items = [
            {"id": name, "object": "organization.project", "created_at": 1_700_000_000} for name in world.projects()
        ]
        return page_of(items)

    @app.get(f"{projects}/<project_id>/api_keys")
    def list_keys(project_id: str) -> Response | tuple[Response, int]:
        if project_id not in world.projects():
            return error(404, "No such project.", None)
        return page_of([_shown(key) for key in world.listed(project_id)])

    @app.get(f"{projects}/<project_id>/api_keys/<api_key_id>")
    def get_key(project_id: str, api_key_id: str) -> tuple[Response, int]:
        key = _find(world, project_id, api_key_id)
        return error(404, "No such API key.", None) if key is None else (jsonify(_shown(key)), 200)

    @app.delete(f"{projects}/<project_id>/api_keys/<api_key_id>")
    def delete_key(project_id: str, api_key_id: str) -> tuple[Response, int]:
        key = _find(world, project_id, api_key_id)
        if key is None:
            return error(404, "No such API key.", None)
        if key.owner["type"] == "service_account" and world.faults.take("revoke-not-alone"):
            return error(400, "The key belongs to a service account.", None)
        if not world.faults.take("revoke-ignored"):
            world.revoke(key)
        if world.faults.take("revoke-bystander"):
            for other in world.listed(project_id)[-1:]:
                world.revoke(other)
        return jsonify(object="organization.project.api_key.deleted", id=api_key_id, deleted=True), 200

    @app.post(f"{projects}/<project_id>/service_accounts/<service_account_id>/api_keys")
    def create_key(project_id: str, service_account_id: str) -> tuple[Response, int]:
        if not world.owns(project_id, service_account_id):
            return error(404, "No such service account.", None)
        body = request.get_json()
        name, scopes = str(body.get("name", "")), tuple(body.get("scopes", ()))
        key = world.new_key(project_id, name, service_account_id, scopes=scopes)
        return jsonify(_made(key)), 200

    @app.post(f"{projects}/<project_id>/service_accounts")
    def create_account(project_id: str) -> tuple[Response, int]:
        name = str(request.get_json()["name"])
        account, key = world.new_account(project_id, name)
        return jsonify(
            object="organization.project.service_account",
            id=account,
            name=name,
            role="member",
            created_at=int(key.created_at),
            api_key=_made(key),
        ), 200

    @app.get(f"{BASE}/organization/admin_api_keys")
    def list_admin_keys() -> Response:
        return page_of([_admin_shown(key) for key in world.admin_keys()])

    @app.delete(f"{projects}/<project_id>/service_accounts/<service_account_id>")
    def delete_account(project_id: str, service_account_id: str) -> tuple[Response, int]:
        if world.faults.take("revoke-account-ignored"):
            if not world.owns(project_id, service_account_id):
                return error(404, "No such service account.", None)
        elif not world.delete_account(project_id, service_account_id):
            return error(404, "No such service account.", None)
        answer = {"object": "organization.project.service_account.deleted", "id": service_account_id, "deleted": True}
        return jsonify(answer), 200

    add_usage(app, world.usage, BASE, lambda: _caller(world))
    return app


def _caller(world: FakeOpenAI) -> str | None:
    key = world.by_value(_bearer())
    return key.id if key is not None else None


def _bearer() -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _invalid_key() -> tuple[Response, int]:
    """As at OpenAI, the message repeats both ends of the key, so passing it on leaks them."""
    value = _bearer()
    return error(401, f"Incorrect API key provided: {value[:8]}********{value[-4:]}.", "invalid_api_key")


def _find(world: FakeOpenAI, project: str, key_id: str) -> OpenAIKey | None:
    return next((key for key in world.listed(project) if key.id == key_id), None)


def _made(key: OpenAIKey) -> dict[str, object]:
    """A key in the only answer that holds its value."""
    shown = {"id": key.id, "value": key.value, "name": key.name, "created_at": int(key.created_at)}
    return {"object": "organization.project.service_account.api_key", **shown}


def _shown(key: OpenAIKey) -> dict[str, object]:
    return {
        "object": "organization.project.api_key",
        "id": key.id,
        "name": key.name,
        "redacted_value": f"{key.value[:HEAD]}...{key.value[-TAIL:]}",
        "created_at": int(key.created_at),
        "last_used_at": int(key.last_used_at) if key.last_used_at is not None else None,
        "owner_project_access": "active",
        "owner": key.owner,
    }


def _admin_shown(key: AdminKey) -> dict[str, object]:
    return {
        "object": "organization.admin_api_key",
        "id": key.id,
        "name": key.name,
        "redacted_value": f"{key.value[:HEAD]}...{key.value[-TAIL:]}",
        "created_at": int(key.created_at),
        "expires_at": None,
        "last_used_at": None,
        "owner": {"type": key.owner_type, "object": "organization.user", "id": key.owner_id, "name": key.owner_id},
    }


def _owner(service_account: str | None, called: str, user: str) -> dict[str, object]:
    created = 1_700_000_000
    if service_account:
        account = {"id": service_account, "name": called or service_account, "created_at": created, "role": "member"}
        return {"type": "service_account", "service_account": account}
    who = {"id": "user_1", "name": user, "email": "ada@example.com", "created_at": created, "role": "member"}
    return {"type": "user", "user": who}
