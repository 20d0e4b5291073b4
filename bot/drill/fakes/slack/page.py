"""The workspace as a web page for a person in a drill: read, press, type commands, fill in forms.

``/_fake/?as=USER&channel=CHANNEL`` (ids or names). Every act goes through the driver, so the bot sees the same
signed requests as from Slack. It needs ``POST /_fake/bot {url, signing_secret, shortcuts}`` first.

It is whole without JavaScript. With it, ``/_fake/events`` says that something is new, and `static/page.js` patches in
what differs.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import requests
from flask import Blueprint, Response, abort, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from bot.drill.fakes.slack import mrkdwn, payloads, rendering
from bot.drill.fakes.slack.control_api import loopback_only
from bot.drill.fakes.slack.delivery import ProtocolError
from bot.drill.fakes.slack.driver import SlackDriver, Unfilled
from bot.drill.fakes.slack.elements import STATEFUL
from bot.drill.fakes.slack.payloads import Value
from bot.drill.fakes.slack.reading import read
from bot.drill.fakes.slack.records import BOT_USER, Json
from bot.drill.fakes.slack.workspace import Workspace
from bot.drill.waits import WAITS
from bot.phrases.practice import instead_of

RECENT = 2
"""So many replies stand open under a message; earlier ones behind a line that says how many."""
NEWS = 2
"""So many places with something unread are told of beside what a person looks at."""
KEEP_ALIVE_SECONDS = 15.0
NO_BOT = (
    "The bot does not answer. It may be starting: try again in a few seconds. If it stays away, look at the drill's "
    "terminal, and at bot.log in its folder."
)


class Page:
    """Renders the workspace and carries out what its forms ask for."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.bot: Json | None = None
        self.over: Json | None = None  # the debrief of a drill that has ended
        self._read: dict[tuple[str, str], str] = {}  # (person, channel) -> ts of the newest message that they have seen
        self._options: dict[tuple[str, str, str], list[Json]] = {}  # of external selects, by view, its hash, action_id

    def driver(self) -> SlackDriver:
        if self.bot is None:
            raise requests.ConnectionError("no bot is connected: POST /_fake/bot {url, signing_secret}")
        return SlackDriver(request.host_url.rstrip("/"), self.bot["url"], self.bot["signing_secret"])

    def connect(self) -> Response:
        """Says where the bot is. JSON: url, signing_secret; may be left out: shortcuts ([{callback_id, name}]),
        `folder`, the drill's, for commands as they are typed there, `places` ([{name, url}]), its other pages, and
        `consoles` ({addresses, page}): the page that replaces these addresses.
        """
        body: Any = request.get_json()
        self.bot = {"url": str(body["url"]), "signing_secret": str(body["signing_secret"]),
                    "shortcuts": list(body.get("shortcuts", [])), "folder": str(body.get("folder", "")),
                    "places": list(body.get("places", [])), "consoles": body.get("consoles")}  # fmt: skip
        return jsonify({"ok": True})

    def debrief(self) -> Response:
        """Shows what came of a drill above everything else. JSON: as `Debrief.document`, and `stays`, how long the page
        does; it may be left out.
        """
        with self.workspace.lock:
            self.over = request.get_json()
            self.workspace.version += 1
        return jsonify({"ok": True})

    def show(self) -> str | AnyResponse:
        if leaving := request.args.get("close"):
            return self._leave(leaving)
        with self.workspace.lock:
            copy = json.dumps(self.workspace.shown())  # the bot goes on writing
        if consoles := (self.bot or {}).get("consoles"):
            copy = instead_of(consoles["addresses"], consoles["page"], copy)
        state = json.loads(copy)
        user = _one_of(state["users"], request.args.get("as", ""), lambda found: found["id"] != BOT_USER)
        mine = {key: channel for key, channel in state["channels"].items()
                if user and (user["id"] in channel["members"])}  # fmt: skip
        channel = _one_of(mine, request.args.get("channel", ""), lambda found: not found["is_im"])
        at_home = "home" in request.args
        seen = {key: _seen_by(there, user["id"]) for key, there in mine.items()} if user else {}
        if user and channel and not at_home and seen[channel["id"]]:
            self._read[user["id"], channel["id"]] = seen[channel["id"]][-1]["ts"]
        stack = state["views"].get(user["id"], []) if user else []
        view = stack[-1] if stack else None
        unread = {key: self._unread(user["id"], key, messages) for key, messages in seen.items()} if user else {}
        drawing = rendering.tools(
            state["users"], mine, user, channel, errors=state["view_errors"].get(view["id"], {}) if view else {},
            offered=self._offered(user), folder=(self.bot or {}).get("folder", ""),
            view=view["id"] if view else "",
        )  # fmt: skip
        return rendering.render(
            "workspace.html", state=state, user=user, channel=channel, channels=mine, view=view, at_home=at_home,
            home=state["homes"].get(user["id"]) if user else None, shortcuts=(self.bot or {}).get("shortcuts", []),
            places=(self.bot or {}).get("places", []),
            notice=request.args.get("notice", ""), tools=drawing, style=rendering.style(), recent=RECENT, waits=WAITS,
            over=self.over, posts=_threads(seen[channel["id"]]) if channel else [],
            unread={key: len(messages) for key, messages in unread.items()},
            news=[(mine[key], _glance(messages[-1], state["users"], mine)) for key, messages in _newest(unread)],
        )  # fmt: skip

    def _leave(self, view: str) -> AnyResponse:
        """Dismisses a modal whose link someone has followed, and goes where that leads."""
        with contextlib.suppress(LookupError, ValueError, ProtocolError, requests.RequestException):
            self.driver().close(request.args.get("as", ""), view)
        there = {name: value for name, value in request.args.items() if name != "close"}
        return redirect(f"/_fake/?{urlencode(there)}", 303)

    def _unread(self, user: str, channel: str, messages: Sequence[Json]) -> list[Json]:
        since = self._read.get((user, channel), "")
        return [message for message in messages if message["ts"] > since and message["user"] != user]

    def events(self) -> Response:
        """Server-sent events: the workspace's version, at once and whenever it has changed."""

        def versions() -> Iterator[str]:
            told = -1
            while True:
                now = self.workspace.changed_from(told, KEEP_ALIVE_SECONDS)
                yield f"data: {now}\n\n" if now != told else ": still here\n\n"
                told = now

        return Response(versions(), mimetype="text/event-stream", headers={"Cache-Control": "no-store"})

    def _offered(self, user: Json | None) -> Callable[[Json, Json], list[Json]]:
        def offered(view: Json, element: Json) -> list[Json]:
            """The options of an external select, as the bot gives them for nothing typed; asked once for each view."""
            asked = view["id"], view["hash"], element["action_id"]
            if user is None or asked in self._options:
                return self._options.get(asked, [])
            with contextlib.suppress(LookupError, ProtocolError, requests.RequestException):
                found = self.driver().options(user["id"], element["action_id"], "", view["id"])
                self._options[asked] = [{"text": {"text": option.text}, "value": option.value} for option in found]
            return self._options.get(asked, [])

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
            match sent.get("do", "submit").partition(" "):
                case ["close", _, _]:
                    return driver.close(sent["as"], view_id)
                case ["press", _, pressed]:
                    found, rest = _pressed(view, pressed)
                    chosen = values.pop((found.block["block_id"], found.element["action_id"]), None)
                    value = rest or None if found.element["type"] == "button" else (rest or chosen)
                    return driver.press_in_view(sent["as"], view_id, found.element["action_id"], value, values)
                case _:
                    return self._submit(driver, sent["as"], view_id, values)

        return self._act(act, **home)

    def _submit(
        self, driver: SlackDriver, user: str, view_id: str, values: dict[str | tuple[str, str], Value]
    ) -> object:
        """What Slack's own form refuses is said at the field, as Slack does, and the bot hears nothing of it."""
        try:
            return driver.submit(user, view_id, values)
        except Unfilled as unfilled:
            with self.workspace.lock:
                self.workspace.view_errors[view_id] = dict(unfilled.errors)
                self.workspace.version += 1
            return None

    def _act(self, act: Callable[[SlackDriver], object], **more: str) -> AnyResponse:
        notice = {}
        try:
            response = act(self.driver())
            if getattr(response, "ok", True) is False:
                notice = {"notice": "We had some trouble connecting. Try again?"}
        except requests.RequestException:
            notice = {"notice": NO_BOT}
        except LookupError:
            notice = {"notice": "This has changed meanwhile. Look at it again, then try again."}
        except ProtocolError as failure:
            notice = {"notice": f"Slack refuses the bot's answer: {failure}. Use the terminal meanwhile."}
        except ValueError as failure:
            notice = {"notice": f"Slack refuses this: {failure}"}
        back = {"as": request.form["as"], "channel": request.form.get("channel", "")} | more | notice
        return redirect(f"/_fake/?{urlencode(back)}", 303)


def _entered(view: Json) -> dict[str | tuple[str, str], Value]:
    """The values of a sent form, by (block_id, action_id)."""
    values: dict[str | tuple[str, str], Value] = {}
    for found in payloads.interactive(view["blocks"]):
        kind, name = found.element["type"], rendering.field(found.block, found.element)
        if kind not in STATEFUL or kind in {"rich_text_input", "file_input"}:
            continue
        several = kind == "checkboxes" or kind.startswith("multi_")
        given = request.form.getlist(name)
        value: Value = given if several else (given[0] if given and given[0] else None)
        if kind == "datetimepicker" and isinstance(value, str):
            value = int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp())
        values[found.block["block_id"], found.element["action_id"]] = value
    return values


def _pressed(view: Json, pressed: str) -> tuple[payloads.Found, str]:
    """The element whose name is written in `pressed`, and the value behind it. LookupError where it has gone."""
    (block_id, action_id), end = json.JSONDecoder().raw_decode(pressed)
    for found in payloads.interactive(view["blocks"]):
        if (found.block["block_id"], found.element["action_id"]) == (block_id, action_id):
            return found, pressed[end:].strip()
    raise LookupError("this button has gone: the form has changed meanwhile")


def _seen_by(channel: Json, user: str) -> list[Json]:
    """What a person sees in a channel, oldest first."""
    hidden = (message for message in channel["ephemerals"] if message["ephemeral_to"] == user)
    return sorted([*channel["messages"], *hidden], key=lambda message: str(message["ts"]))


def _threads(messages: Sequence[Json]) -> list[tuple[Json, list[Json]]]:
    """Each message of the channel with its replies; a reply without its message is alone."""
    roots = {message["ts"] for message in messages if message.get("thread_ts", message["ts"]) == message["ts"]}
    replies: dict[str, list[Json]] = {}
    for message in messages:
        replies.setdefault(message.get("thread_ts") or message["ts"], []).append(message)
    return [
        (message, [reply for reply in replies[message["ts"]] if reply is not message] if message["ts"] in roots else [])
        for message in messages
        if message.get("thread_ts", message["ts"]) not in roots - {message["ts"]}
    ]


def _newest(unread: Mapping[str, Sequence[Json]]) -> list[tuple[str, list[Json]]]:
    """The places in which the bot has written last, for a line that tells of them."""
    found = [(key, [message for message in messages if message.get("bot_id")]) for key, messages in unread.items()]
    told = [(key, messages) for key, messages in found if messages]
    return sorted(told, key=lambda each: str(each[1][-1]["ts"]), reverse=True)[:NEWS]


def _glance(message: Json, users: Mapping[str, Json], channels: Mapping[str, Json]) -> str:
    """The beginning of a message, as a notification shows it: without markup, and with names."""
    line = " ".join((message["text"] or read(message.get("blocks", []))).split())
    words = mrkdwn.render(line, users, channels).striptags()
    return words if len(words) <= 80 else f"{words[:79]}…"


def _one_of(found: dict[str, Json], wanted: str, first: Callable[[Json], bool]) -> Json | None:
    """By id or name; the first fitting one if nothing was asked for."""
    for item in found.values():
        if wanted and wanted in (item["id"], item.get("name")):
            return item
    return next((item for item in found.values() if first(item)), None)


def blueprint(workspace: Workspace) -> Blueprint:
    routes = Blueprint("page", __name__, url_prefix="/_fake", static_folder="static")
    page = Page(workspace)

    @routes.before_request
    def guard() -> None:
        loopback_only()
        form_as = request.form.get("as")
        if form_as is not None and form_as not in workspace.users:
            abort(404)

    routes.add_url_rule("/", view_func=page.show)
    routes.add_url_rule("/events", view_func=page.events)
    routes.add_url_rule("/bot", view_func=page.connect, methods=["POST"])
    routes.add_url_rule("/debrief", view_func=page.debrief, methods=["POST"])
    for act in (page.press, page.home, page.shortcut, page.say, page.form):
        routes.add_url_rule(f"/{act.__name__}", view_func=act, methods=["POST"])
    return routes
