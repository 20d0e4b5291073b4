"""The workspace as a web page for a person in a drill: read, press, type commands, fill in forms.

``/_fake/?as=USER&channel=CHANNEL`` (ids or names). Every act goes through the driver, so the bot sees the same
signed requests as from Slack. It needs ``POST /_fake/bot {url, signing_secret, shortcuts}`` first.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import requests
from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bot.drill.fakes.slack import mrkdwn, payloads
from bot.drill.fakes.slack.control_api import loopback_only
from bot.drill.fakes.slack.delivery import ProtocolError
from bot.drill.fakes.slack.driver import SlackDriver
from bot.drill.fakes.slack.elements import STATEFUL, options_of
from bot.drill.fakes.slack.payloads import Value
from bot.drill.fakes.slack.records import BOT_USER, Json
from bot.drill.fakes.slack.workspace import Workspace


class Page:
    """Renders the workspace and carries out what its forms ask for."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.bot: Json | None = None

    def driver(self) -> SlackDriver:
        if self.bot is None:
            raise LookupError("no bot is connected: POST /_fake/bot {url, signing_secret}")
        return SlackDriver(request.host_url.rstrip("/"), self.bot["url"], self.bot["signing_secret"])

    def connect(self) -> Response:
        """Says where the bot is. JSON: url, signing_secret, shortcuts ([{callback_id, name}], may be left out)."""
        body: Any = request.get_json()
        self.bot = {"url": str(body["url"]), "signing_secret": str(body["signing_secret"]),
                    "shortcuts": list(body.get("shortcuts", []))}  # fmt: skip
        return jsonify({"ok": True})

    def show(self) -> str:
        with self.workspace.lock:
            state = json.loads(json.dumps(self.workspace.shown()))  # a copy, since the bot goes on writing
        user = _one_of(state["users"], request.args.get("as", ""), lambda found: found["id"] != BOT_USER)
        mine = {key: channel for key, channel in state["channels"].items()
                if user and (user["id"] in channel["members"])}  # fmt: skip
        channel = _one_of(mine, request.args.get("channel", ""), lambda found: not found["is_im"])
        stack = state["views"].get(user["id"], []) if user else []
        view = stack[-1] if stack else None
        return render_template(
            "workspace.html", state=state, user=user, channel=channel, channels=mine, view=view, bot_user=BOT_USER,
            at_home="home" in request.args, home=state["homes"].get(user["id"]) if user else None,
            people=[found for found in state["users"].values() if found["id"] != BOT_USER],
            shortcuts=(self.bot or {}).get("shortcuts", []), notice=request.args.get("notice", ""),
            errors=state["view_errors"].get(view["id"], {}) if view else {}, field=_field, offered=self._offered(user),
            date=mrkdwn.date, lines=mrkdwn.lines,
            mrkdwn=lambda text: mrkdwn.render(text, state["users"], state["channels"]), emoji=mrkdwn.emoji,
            clock=_clock, typed=_typed, options_of=options_of,
        )  # fmt: skip

    def _offered(self, user: Json | None) -> Callable[[Json, Json], list[Json]]:
        def offered(view: Json, element: Json) -> list[Json]:
            """The options of an external select, as the bot gives them for nothing typed."""
            if user is None:
                return []
            with contextlib.suppress(LookupError, ProtocolError, requests.RequestException):
                found = self.driver().options(user["id"], element["action_id"], "", view["id"])
                return [{"text": {"text": option.text}, "value": option.value} for option in found]
            return []

        return offered

    def press(self) -> AnyResponse:
        form = request.form
        value = form.get("value") or None
        return self._act(lambda driver: driver.press(form["as"], form["channel"], form["ts"], form["action_id"], value))

    def home(self) -> AnyResponse:
        return self._act(lambda driver: driver.open_home(request.form["as"]), home="1")

    def shortcut(self) -> AnyResponse:
        form = request.form
        return self._act(lambda driver: driver.message_shortcut(form["as"], form["callback_id"], form["channel"],
                                                                form["ts"]))  # fmt: skip

    def say(self) -> AnyResponse:
        """A line typed below a channel: a command for the bot if it starts with a slash, else a message."""
        form = request.form
        command, _, text = form["text"].strip().partition(" ")

        def act(driver: SlackDriver) -> object:
            if command.startswith("/"):
                return driver.slash(form["as"], command, text.strip(), form["channel"])
            return driver.say(form["as"], form["channel"], form["text"]) if command else None

        return self._act(act)

    def form(self) -> AnyResponse:
        """A modal or home tab: submitted, dismissed, or a button in it pressed."""
        sent, view_id = request.form, request.form["view_id"]
        home = {"home": "1"} if sent.get("home") else {}

        def act(driver: SlackDriver) -> object:
            view = self.workspace.view(view_id)
            if view is None:
                return None
            values = _entered(view)
            match sent.get("do", "submit").split("|", 2):
                case ["close"]:
                    return driver.close(sent["as"], view_id)
                case ["press", index, rest]:
                    found = list(payloads.interactive(view["blocks"]))[int(index)]
                    chosen = values.pop((found.block["block_id"], found.element["action_id"]), None)
                    value = rest or None if found.element["type"] == "button" else (rest or chosen)
                    return driver.press_in_view(sent["as"], view_id, found.element["action_id"], value, values)
                case _:
                    return driver.submit(sent["as"], view_id, values)

        return self._act(act, **home)

    def _act(self, act: Callable[[SlackDriver], object], **more: str) -> AnyResponse:
        notice = {}
        try:
            response = act(self.driver())
            if getattr(response, "ok", True) is False:
                notice = {"notice": "We had some trouble connecting. Try again?"}
        except (LookupError, ValueError, ProtocolError, requests.RequestException) as failure:
            notice = {"notice": str(failure)}
        back = {"as": request.form["as"], "channel": request.form.get("channel", "")} | more | notice
        return redirect(f"/_fake/?{urlencode(back)}", 303)


def _entered(view: Json) -> dict[str | tuple[str, str], Value]:
    """The values of a sent form, by (block_id, action_id)."""
    values: dict[str | tuple[str, str], Value] = {}
    for found in payloads.interactive(view["blocks"]):
        kind, name = found.element["type"], _field(view, found.block, found.element)
        if kind not in STATEFUL or kind in {"rich_text_input", "file_input"}:
            continue
        several = kind == "checkboxes" or kind.startswith("multi_")
        given = request.form.getlist(name)
        value: Value = given if several else (given[0] if given and given[0] else None)
        if kind == "datetimepicker" and isinstance(value, str):
            value = int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp())
        values[found.block["block_id"], found.element["action_id"]] = value
    return values


def _field(view: Json, block: Json, element: Json) -> str:
    """The name of a form field: its place among the view's elements, since ids may hold any character."""
    place = [(f.block["block_id"], f.element["action_id"]) for f in payloads.interactive(view["blocks"])]
    return f"field-{place.index((block['block_id'], element['action_id']))}"


def _typed(view: Json, block: Json, element: Json) -> list[str]:
    """What an input holds now, as form values."""
    kept = view["state"]["values"].get(block["block_id"], {}).get(element["action_id"])
    state = kept or payloads.initial_state(element)
    held: list[str] = []
    for key, content in state.items():
        for item in [] if key == "type" or content is None else content if isinstance(content, list) else [content]:
            if key == "selected_date_time":
                held.append(f"{datetime.fromtimestamp(item, UTC):%Y-%m-%dT%H:%M}")
            else:
                held.append(str(item["value"] if isinstance(item, dict) else item))
    return held


def _clock(ts: str) -> str:
    return f"{datetime.fromtimestamp(float(ts), UTC):%H:%M}"


def _one_of(found: dict[str, Json], wanted: str, first: Callable[[Json], bool]) -> Json | None:
    """By id or name; the first fitting one if nothing was asked for."""
    for item in found.values():
        if wanted and wanted in (item["id"], item.get("name")):
            return item
    return next((item for item in found.values() if first(item)), None)


def blueprint(workspace: Workspace) -> Blueprint:
    routes = Blueprint("page", __name__, url_prefix="/_fake", template_folder="templates")
    page = Page(workspace)

    @routes.before_request
    def guard() -> None:
        loopback_only()
        form_as = request.form.get("as")
        if form_as is not None and form_as not in workspace.users:
            abort(404)

    routes.add_url_rule("/", view_func=page.show)
    routes.add_url_rule("/bot", view_func=page.connect, methods=["POST"])
    for act in (page.press, page.home, page.shortcut, page.say, page.form):
        routes.add_url_rule(f"/{act.__name__}", view_func=act, methods=["POST"])
    return routes
