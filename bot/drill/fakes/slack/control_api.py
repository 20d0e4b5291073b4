"""Routes under ``/_fake/`` through which the driver, from any process, sees the workspace and acts as its people.

Slack has none of them. They take and give JSON; what cannot be done answers 400 or 404 with ``{"error": ...}``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, request

from bot.drill.fakes.faults import Faults
from bot.drill.fakes.slack import chat, views
from bot.drill.fakes.slack.call import ApiError
from bot.drill.fakes.slack.records import BOT_USER, Channel, Json, ResponseUrl
from bot.drill.fakes.slack.workspace import Workspace


def loopback_only() -> None:
    """Refuses requests that a page on another host could have made a browser send."""
    host = urlsplit(f"//{request.host}").hostname
    own = request.host_url.rstrip("/")
    if host not in {"127.0.0.1", "localhost"} or request.headers.get("Origin", own) != own:
        abort(403)


class ControlApi:
    """The actions behind the routes, each a function of the request's JSON, run under the workspace's lock."""

    def __init__(self, workspace: Workspace, faults: Faults) -> None:
        self.workspace = workspace
        self.faults = faults
        self.actions: dict[str, Callable[[Json], Json]] = {
            "users": self.user,
            "channels": self.channel,
            "members": self.member,
            "usergroups": self.usergroup,
            "say": self.say,
            "direct": self.direct,
            "trigger": self.trigger,
            "response-url": self.response_url,
            "answer": self.answer,
            "view-state": self.view_state,
            "view-acknowledged": self.view_acknowledged,
            "view-closed": self.view_closed,
            "faults": self.fault,
        }

    def _channel(self, body: Json) -> Channel:
        channel = self.workspace.find_channel(str(body.get("channel", "general")))
        if channel is None:
            raise LookupError(f"no channel {body.get('channel')!r}")
        return channel

    def _user(self, body: Json) -> str:
        user = str(body.get("user"))
        if user not in self.workspace.users or user == BOT_USER:
            raise LookupError(f"no person {user!r}")
        return user

    def _view(self, body: Json) -> Json:
        view = self.workspace.view(str(body.get("view_id")))
        if view is None:
            raise LookupError(f"no open view {body.get('view_id')!r}")
        return view

    def user(self, body: Json) -> Json:
        return self.workspace.add_user(body["name"], body.get("real_name"), body.get("email")).shown(with_email=True)

    def channel(self, body: Json) -> Json:
        channel = self.workspace.add_channel(body["name"], is_private=bool(body.get("is_private")))
        channel.members = list(body.get("members", channel.members))
        return channel.shown()

    def member(self, body: Json) -> Json:
        channel, user = self._channel(body), str(body["user"])
        if user not in channel.members:
            channel.members.append(user)
            self.workspace.version += 1
        return channel.shown()

    def usergroup(self, body: Json) -> Json:
        self.workspace.usergroups[body["id"]] = list(body["users"])
        return {}

    def say(self, body: Json) -> Json:
        fields = {"text": body["text"], "thread_ts": body.get("thread_ts")}
        return self.workspace.post(self._channel(body), self._user(body), fields)

    def direct(self, body: Json) -> Json:
        return {"id": self.workspace.direct(self._user(body)).id}

    def trigger(self, body: Json) -> Json:
        return {"trigger_id": self.workspace.issue_trigger(self._user(body))}

    def response_url(self, body: Json) -> Json:
        token = self.workspace.new_id("R")
        issued = ResponseUrl(self._channel(body).id, self._user(body), self.workspace.clock(), body.get("ts"))
        self.workspace.response_urls[token] = issued
        return {"response_url": f"{request.host_url}response/{token}"}

    def answer(self, body: Json) -> Json:
        chat.show_answer(self.workspace, self._channel(body), self._user(body), body["body"], None)
        return {}

    def view_state(self, body: Json) -> Json:
        view = self._view(body)
        view["state"] = {"values": body["values"]}
        return view

    def view_acknowledged(self, body: Json) -> Json:
        if self.workspace.view(body["view_id"]) is not None:  # else the app has opened another in its place
            views.acknowledge(self.workspace, body["view_id"], body["body"])
        return {}

    def view_closed(self, body: Json) -> Json:
        views.dismiss(self.workspace, self._view(body)["id"])
        return {}

    def fault(self, body: Json) -> Json:
        if body.get("clear"):
            self.faults.clear(body.get("name"))
        else:
            self.faults.inject(body["name"], body.get("times"))
        return {}


def blueprint(workspace: Workspace, faults: Faults) -> Blueprint:
    routes = Blueprint("control_api", __name__, url_prefix="/_fake")
    routes.before_request(loopback_only)
    control_api = ControlApi(workspace, faults)

    @routes.get("/state")
    def state() -> Response:
        with workspace.lock:
            reference = request.args.get("channel")
            return jsonify(workspace.shown(workspace.find_channel(reference) if reference else None))

    @routes.get("/calls")
    def calls() -> Response:
        with workspace.lock:
            return jsonify([{"at": c.at, "method": c.method, "arguments": c.arguments} for c in workspace.calls])

    @routes.get("/files/<file_id>")
    def file(file_id: str) -> Response:
        found = workspace.files.get(file_id)
        if found is None or found.content is None:
            return Response("not found", 404)
        return Response(found.content, mimetype="application/octet-stream")

    @routes.post("/do/<action>")
    def act(action: str) -> tuple[Response, int]:
        body: Any = request.get_json(silent=True)
        if action not in control_api.actions or not isinstance(body, dict):
            return jsonify({"error": f"no such action, or no JSON object: {action}"}), 404
        try:
            with workspace.lock:
                return jsonify(control_api.actions[action](body)), 200
        except ApiError as refusal:
            return jsonify({"error": refusal.code} | refusal.extra), 400
        except LookupError as missing:
            return jsonify({"error": str(missing)}), 404
        except ValueError as wrong:
            return jsonify({"error": str(wrong)}), 400

    return routes
