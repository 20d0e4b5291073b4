"""People in a practice workspace: they type commands, press buttons and fill in forms, over HTTP only.

Each act is built from what the fake has stored, signed as Slack signs, and sent to the bot; what the bot answers is
applied to the workspace as Slack would.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bot.drill.fakes.slack import payloads
from bot.drill.fakes.slack.delivery import FORM, Delivery, ProtocolError, Response, SentRequest
from bot.drill.fakes.slack.elements import STATEFUL
from bot.drill.fakes.slack.payloads import Found, Value, Values
from bot.drill.fakes.slack.records import APP_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, Json
from bot.drill.fakes.slack.workspace_reader import Button, WorkspaceReader


class Unfilled(ValueError):
    """Slack's own form refuses: `errors` says by block_id what it shows at each field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{block_id}: {words}" for block_id, words in errors.items()))
        self.errors = errors


@dataclass(frozen=True)
class Option:
    text: str
    value: str


class SlackDriver:
    """Plays everyone in the workspace at `fake_url` towards the bot at `bot_url`. Usable from several threads.

    Users are Slack ids; channels ids or names. `value` is an option's value (several for a multi-select), a text, a
    date ``YYYY-MM-DD``, a time ``HH:MM``, Unix seconds for a datetimepicker, or an id.
    """

    def __init__(self, fake_url: str, bot_url: str, signing_secret: str) -> None:
        self._seen = WorkspaceReader(fake_url)
        self._delivery = Delivery(bot_url, signing_secret)

    @property
    def acknowledged(self) -> list[float]:
        """How many seconds the bot took for each request, in order of sending."""
        return self._delivery.acknowledged

    @property
    def last(self) -> SentRequest | None:
        return self._delivery.last

    # What can be seen.

    def state(self, channel: str | None = None) -> Json:
        """The workspace as JSON; with `channel` only that one's messages."""
        return self._seen.state(channel)

    def channel(self, reference: str) -> Json:
        """A channel with `members`, `messages`, `ephemerals`, `pins`. LookupError if there is none."""
        return self._seen.channel(reference)

    def messages(self, channel: str) -> list[Json]:
        """Oldest first."""
        return list(self._seen.channel(channel)["messages"])

    def ephemerals(self, channel: str, user: str) -> list[Json]:
        """What only this person sees there, oldest first."""
        return [message for message in self._seen.channel(channel)["ephemerals"] if message["ephemeral_to"] == user]

    def card(self, channel: str) -> Json | None:
        """The message pinned last."""
        return self._seen.card(channel)

    def buttons(self, channel: str) -> list[Button]:
        """Every button in the channel: pinned messages first, then the newest."""
        return self._seen.buttons(channel)

    def view_of(self, user: str) -> Json | None:
        """The modal that the person has on top."""
        return self._seen.view_of(user)

    def home_of(self, user: str) -> Json | None:
        return self._seen.home_of(user)

    # What people do among themselves.

    def do(self, action: str, body: Json) -> Json:
        """One of the fake's own actions (see `control_api`). LookupError or ValueError where it refuses."""
        return self._seen.do(action, body)

    def add_user(self, name: str, real_name: str | None = None, email: str | None = None) -> str:
        """Creates a person, or finds the one of that name; the Slack id."""
        return str(self.do("users", {"name": name, "real_name": real_name, "email": email})["id"])

    def say(self, user: str, channel: str, text: str) -> str:
        """A person writes a message; its ts."""
        return str(self.do("say", {"user": user, "channel": channel, "text": text})["ts"])

    # What they do to the bot.

    def slash(self, user: str, command: str, text: str = "", channel: str = "general") -> Response:
        there = self.channel(channel)
        fields = {
            "token": "practice", "team_id": TEAM_ID, "team_domain": TEAM_DOMAIN, "channel_id": there["id"],
            "channel_name": payloads.channel_shown(there)["name"], "user_id": user,
            "user_name": self._seen.name_of(user), "command": command, "text": text, "api_app_id": APP_ID,
            "is_enterprise_install": "false", "response_url": self._response_url(user, there["id"]),
            "trigger_id": self._trigger(user),
        }  # fmt: skip
        response = self.send(SentRequest(urlencode(fields), FORM))
        if response.ok and response.body.strip():
            answer = response.json() or {"text": response.body}
            self._accept("answer", {"user": user, "channel": there["id"], "body": answer})
        return response

    def press(self, user: str, channel: str, ts: str, action_id: str, value: Value = None) -> Response:
        """Presses a button, or chooses `value` in a menu, of a stored message. Among buttons of one action_id `value`
        says which. LookupError if it is not there.
        """
        there, message = self.channel(channel), self._seen.seen_message(user, channel, ts)
        hidden, blocks = "ephemeral_to" in message, message.get("blocks", [])
        container = {"type": "message", "message_ts": ts, "channel_id": there["id"], "is_ephemeral": hidden}
        offer = self._offer(user, {"container": container})
        found = payloads.find(blocks, action_id, value if isinstance(value, str) else None)
        chosen = _chosen(found, value, offer)
        values = payloads.state_values(blocks, {}, {}, offer)
        if found.element["type"] in STATEFUL and chosen is not None:
            values[found.block["block_id"]][action_id] = chosen
        return self._interact(user, "block_actions", {
            "container": container, "channel": payloads.channel_shown(there), "trigger_id": self._trigger(user),
            "response_url": self._response_url(user, there["id"], ts), "state": {"values": values},
            "actions": [payloads.action(found, chosen, _now())], **({} if hidden else {"message": message}),
        })  # fmt: skip

    def press_in_view(
        self, user: str, view_id: str, action_id: str, value: Value = None, values: Values | None = None
    ) -> Response:
        """The same in an open modal or home tab, with `values` typed into its other fields so far."""
        view, container = self._seen.view(view_id), {"type": "view", "view_id": view_id}
        offer = self._offer(user, {"container": container, "view": view})
        found = payloads.find(view["blocks"], action_id, value if isinstance(value, str) else None)
        entered: dict[str | tuple[str, str], Value] = dict(values or {})
        if found.element["type"] in STATEFUL:
            entered[found.block["block_id"], action_id] = value
        chosen = _chosen(found, value, offer)
        return self._interact(user, "block_actions", {
            "container": container, "view": self._typed(view, entered, offer), "trigger_id": self._trigger(user),
            "actions": [payloads.action(found, chosen, _now())],
        })  # fmt: skip

    def submit(self, user: str, view_id: str, values: Values) -> Response:
        """Fills in a modal and submits it; `values` by action_id, or by (block_id, action_id).

        Unfilled while a required field is empty or a text does not fit, LookupError for a field or option that is not
        there, ProtocolError for an answer that Slack would not accept. `Response.errors` are what the bot refused.
        """
        view = self._seen.view(view_id)
        offer = self._offer(user, {"container": {"type": "view", "view_id": view_id}, "view": view})
        view = self._typed(view, values, offer)
        errors = payloads.refused(view["blocks"], view["state"]["values"])
        if errors:
            raise Unfilled(errors)
        fields = {"view": view, "trigger_id": self._trigger(user), "response_urls": []}
        response = self._interact(user, "view_submission", fields)
        if response.ok:
            self._accept("view-acknowledged", {"view_id": view_id, "body": response.json()})
        return response

    def close(self, user: str, view_id: str) -> Response | None:
        """Dismisses a modal; the bot hears of it if the view asked for that."""
        view = self._seen.view(view_id)
        self.do("view-closed", {"view_id": view_id})
        if not view["notify_on_close"]:
            return None
        return self._interact(user, "view_closed", {"view": view, "is_cleared": False})

    def options(self, user: str, action_id: str, value: str, view_id: str) -> list[Option]:
        """What an external select of a modal offers for what was typed."""
        view = self._seen.view(view_id)
        offer = self._offer(user, {"container": {"type": "view", "view_id": view_id}, "view": view})
        offered = offer(payloads.find(view["blocks"], action_id), value)
        return [Option(option["text"]["text"], option["value"]) for option in offered]

    def open_home(self, user: str) -> Response:
        event = {"type": "app_home_opened", "user": user, "channel": self.do("direct", {"user": user})["id"],
                 "tab": "home", "event_ts": _now()}  # fmt: skip
        home = self.home_of(user)
        return self.send_event(event | ({"view": home} if home else {}))

    def send_event(self, event: Json) -> Response:
        """Sends any event of the Events API in its documented envelope."""
        installed = {"enterprise_id": None, "team_id": TEAM_ID, "user_id": BOT_USER, "is_bot": True,
                     "is_enterprise_install": False}  # fmt: skip
        envelope = {
            "token": "practice", "team_id": TEAM_ID, "api_app_id": APP_ID, "event": event, "type": "event_callback",
            "event_id": f"Ev{time.time_ns()}", "event_time": int(time.time()), "authorizations": [installed],
            "is_ext_shared_channel": False, "event_context": f"4-{event['type']}",
        }  # fmt: skip
        return self.send(SentRequest(json.dumps(envelope), "application/json"))

    def message_shortcut(self, user: str, callback_id: str, channel: str, ts: str) -> Response:
        there, message = self.channel(channel), self._seen.seen_message(user, channel, ts)
        return self._interact(user, "message_action", {
            "callback_id": callback_id, "channel": payloads.channel_shown(there), "message_ts": ts, "message": message,
            "trigger_id": self._trigger(user), "response_url": self._response_url(user, there["id"]),
            "action_ts": _now(),
        })  # fmt: skip

    def shortcut(self, user: str, callback_id: str) -> Response:
        """A global shortcut."""
        fields = {"callback_id": callback_id, "trigger_id": self._trigger(user), "action_ts": _now()}
        return self._interact(user, "shortcut", fields)

    def send(
        self, sent: SentRequest, *, signing_secret: str | None = None, age: float = 0.0,
        headers: Mapping[str, str] | None = None,
    ) -> Response:  # fmt: skip
        """Signs and sends anything. Another `signing_secret` forges the signature, `age` seconds make it old."""
        return self._delivery.send(sent, signing_secret=signing_secret, age=age, headers=headers)

    def redeliver(self, sent: SentRequest | None = None, number: int = 1) -> Response:
        """Sends the last request (or `sent`) again, with Slack's retry headers."""
        return self._delivery.redeliver(sent, number)

    def _interact(self, user: str, kind: str, fields: Json) -> Response:
        name = self._seen.name_of(user)
        payload = {
            "type": kind, "user": {"id": user, "username": name, "name": name, "team_id": TEAM_ID},
            "api_app_id": APP_ID, "token": "practice", "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
            "enterprise": None, "is_enterprise_install": False,
        } | fields  # fmt: skip
        return self.send(SentRequest(urlencode({"payload": json.dumps(payload)}), FORM))

    def _offer(self, user: str, context: Json) -> payloads.Offer:
        """Asks the bot what an external select offers."""

        def ask(found: Found, typed: str) -> list[Json]:
            action_id = found.element["action_id"]
            fields = context | {"action_id": action_id, "block_id": found.block["block_id"], "value": typed}
            response = self._interact(user, "block_suggestion", fields)
            answer = response.json()
            groups = [answer] if "options" in answer else answer.get("option_groups", [])
            offered: list[Json] = [option for group in groups for option in group["options"]]
            if not response.ok or any(len(group["options"]) > 100 for group in groups) or len(groups) > 100:
                raise ProtocolError(f"{action_id}: HTTP {response.status} with {len(offered)} options")
            return offered

        return ask

    def _typed(self, view: Json, values: Values, offer: payloads.Offer) -> Json:
        state = payloads.state_values(view["blocks"], view["state"]["values"], values, offer)
        return self.do("view-state", {"view_id": view["id"], "values": state})

    def _trigger(self, user: str) -> str:
        return str(self.do("trigger", {"user": user})["trigger_id"])

    def _response_url(self, user: str, channel: str, ts: str | None = None) -> str:
        return str(self.do("response-url", {"user": user, "channel": channel, "ts": ts})["response_url"])

    def _accept(self, action: str, body: Json) -> None:
        try:
            self.do(action, body)
        except ValueError as refused:
            raise ProtocolError(str(refused)) from None


def _chosen(found: Found, value: Value, offer: payloads.Offer) -> Json | None:
    """What a menu or input now holds; None for a button."""
    return None if found.element["type"] == "button" else payloads.entered(found, value, offer)


def _now() -> str:
    return f"{time.time():.6f}"
