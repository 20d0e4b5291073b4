"""The fake itself: a Flask application that speaks Slack's Web API, with tokens, scopes, rate limits and faults."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, jsonify, request

from bot.drill.fakes.faults import Faults, FaultyApplication
from bot.drill.fakes.slack import chat, control_api, conversations, files, page, people, views
from bot.drill.fakes.slack.call import ApiError, Call, RateLimited
from bot.drill.fakes.slack.records import Json, ReceivedCall
from bot.drill.fakes.slack.workspace import Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

METHODS = conversations.METHODS | chat.METHODS | views.METHODS | people.METHODS
TOKEN = "xoxb-practice-0000000000-fake"
APP_TOKEN = "xapp-1-practice-fake"
APP_LEVEL = frozenset({"apps.connections.open"})
"""Methods of the app-level token."""
SCOPES = frozenset({
    "chat:write", "chat:write.public", "commands", "channels:read", "channels:history", "channels:manage",
    "channels:join", "groups:read", "groups:history", "groups:write", "im:read", "im:history", "im:write", "pins:read",
    "pins:write",
    "users:read", "users:read.email", "usergroups:read", "files:read", "files:write",
})  # fmt: skip


class FakeSlack:
    """A Slack workspace on loopback. Serve `application`; the Web API is under ``/api/``.

    `scopes` are granted to `token`; `rate_limited` holds chat.postMessage and chat.update to one a second per channel
    after `burst` in a row; `clock` gives Unix seconds. Faults are named by method: ``chat.postMessage-429``.
    """

    def __init__(
        self,
        token: str = TOKEN,
        scopes: Iterable[str] = SCOPES,
        *,
        rate_limited: bool = True,
        burst: int = 4,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.token = token
        self.app_token = APP_TOKEN
        self.scopes = frozenset(scopes)
        self.revoked: set[str] = set()
        self.rate_limited = rate_limited
        self.burst = burst
        self.workspace = Workspace(clock)
        self.faults = Faults([*METHODS, "auth.revoke", "upload", "response_url"])
        self._spent: dict[str, tuple[float, float]] = {}  # channel -> (calls not yet forgiven, when counted)
        self.app = self._flask()
        self.application = FaultyApplication(self.app, self.faults, operation_of)

    @property
    def calls(self) -> list[ReceivedCall]:
        """Every call of the Web API so far that carried a valid token, oldest first."""
        with self.workspace.lock:
            return list(self.workspace.calls)

    def _flask(self) -> Flask:
        app = Flask(__name__)
        app.add_url_rule("/api/<method>", view_func=self._api, methods=["GET", "POST"])
        app.add_url_rule("/upload/v1/<file_id>", view_func=self._upload, methods=["POST"])
        app.add_url_rule("/files/<file_id>/<name>", view_func=self._download)
        app.add_url_rule("/response/<token>", view_func=self._answer, methods=["POST"])
        app.register_blueprint(control_api.blueprint(self.workspace, self.faults))
        app.register_blueprint(page.blueprint(self.workspace))
        app.register_blueprint(files.blueprint(self.workspace))
        return app

    def _api(self, method: str) -> Response:
        try:
            with self.workspace.lock:
                return self._json({"ok": True} | self._carry_out(method))
        except ApiError as refusal:
            return self._json({"ok": False, "error": refusal.code} | refusal.extra)
        except RateLimited:
            limited = self._json({"ok": False, "error": "ratelimited"})
            limited.status_code = 429
            limited.headers["Retry-After"] = "1"
            return limited

    def _carry_out(self, method: str) -> Json:
        arguments = _arguments(request)
        token = _bearer(request) or str(arguments.pop("token", ""))
        if method != "api.test":
            self._authenticate(token, self.app_token if method in APP_LEVEL else self.token)
        self.workspace.calls.append(ReceivedCall(self.workspace.clock(), method, arguments))
        if method == "auth.revoke":
            return self._revoke(token, test=str(arguments.get("test", "")) in {"1", "true"})
        if method not in METHODS:
            raise ApiError("unknown_method", req_method=method)
        base_url = request.host_url.rstrip("/")
        call = Call(self.workspace, method, arguments, self.scopes, base_url, self._spend)
        call.require(METHODS[method].scopes)
        return METHODS[method].handle(call)

    def _authenticate(self, token: str, wanted: str) -> None:
        if not token:
            raise ApiError("not_authed")
        if token in self.revoked:
            raise ApiError("token_revoked")
        if token != wanted:
            raise ApiError("invalid_auth")

    def _revoke(self, token: str, *, test: bool) -> Json:
        if not test:
            self.revoked.add(token)
        return {"revoked": not test}

    def _spend(self, channel: str) -> None:
        """Counts one call against a channel's bucket, which forgives one a second."""
        if not self.rate_limited:
            return
        now = self.workspace.clock()
        spent, since = self._spent.get(channel, (0.0, now))
        spent = max(0.0, spent - (now - since))
        self._spent[channel] = (spent, now)
        if spent + 1 > self.burst:
            raise RateLimited
        self._spent[channel] = (spent + 1, now)

    def _json(self, answer: Json) -> Response:
        response = jsonify(answer)
        if _bearer(request) == self.token:
            response.headers["X-OAuth-Scopes"] = ",".join(sorted(self.scopes))
        return response

    def _upload(self, file_id: str) -> Response:
        with self.workspace.lock:
            file = self.workspace.files.get(file_id)
            if file is None:
                return Response("not found", 404)
            raw = request.get_data()  # before any form is parsed, which would use the stream up
            part = next(iter(request.files.values()), None)
            content = raw if part is None else part.read()
            if len(content) != file.length:
                return Response("length mismatch", 400)
            file.content = content
            return Response(f"OK - {file.length}")

    def _download(self, file_id: str, name: str) -> Response:
        file = self.workspace.files.get(file_id)
        if _bearer(request) != self.token or file is None or file.content is None or file.name != name:
            return Response("not found", 404)
        return Response(file.content, mimetype="application/octet-stream")

    def _answer(self, token: str) -> Response:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return Response("invalid_payload", 400)
        with self.workspace.lock:
            status, text = chat.answer(self.workspace, token, body)
        return Response(text, status)


def operation_of(environ: WSGIEnvironment) -> str:
    """The fault operation of a request: the method's name, ``upload`` or ``response_url``."""
    first, _, rest = environ.get("PATH_INFO", "").lstrip("/").partition("/")
    match first:
        case "api":
            return str(rest)
        case "response":
            return "response_url"
        case _:
            return str(first)


def _bearer(incoming: Request) -> str:
    return incoming.headers.get("Authorization", "").removeprefix("Bearer ").strip()


def _arguments(incoming: Request) -> Json:
    if incoming.is_json:
        try:
            body: Any = json.loads(incoming.get_data())
        except ValueError:
            raise ApiError("invalid_json") from None
        if not isinstance(body, dict):
            raise ApiError("json_not_object")
        return body
    return dict(incoming.values.items())
