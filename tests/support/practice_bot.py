"""A small real Bolt application, on Flask, that the Slack fake and its driver are tried against."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, request
from slack_bolt import App
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.drill.fakes.serving import Served

SIGNING_SECRET = "practice-signing-secret"


class Clock:
    """Unix seconds that only move when told."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def refused(call, *args, **kwargs):
    """The error code with which the Web API refuses."""
    with pytest.raises(SlackApiError) as failure:
        call(*args, **kwargs)
    return failure.value.response["error"]


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def options(*values: str) -> list[dict[str, Any]]:
    return [{"text": plain(value.title()), "value": value} for value in values]


def field_block(block_id: str, label: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element, **more}


DECLARATION = {
    "type": "modal",
    "callback_id": "declare",
    "title": plain("Declare a leak"),
    "submit": plain("Declare"),
    "close": plain("Cancel"),
    "private_metadata": "from-slash",
    "notify_on_close": True,
    "blocks": [
        {"type": "section", "text": mrkdwn("*What leaked?* Never paste the value itself.")},
        field_block("title", "In a sentence", {"type": "plain_text_input", "action_id": "title", "max_length": 80,
                                               "placeholder": plain("Key in a public gist")}),
        field_block("how", "How bad is it?", {"type": "static_select", "action_id": "severity",
                                              "options": options("low", "high")}),
        field_block("secrets", "Secrets", {"type": "multi_external_select", "action_id": "secrets",
                                           "min_query_length": 0}, hint=plain("Choose all that may be affected.")),
        field_block("who", "Incident commander", {"type": "users_select", "action_id": "commander"}, optional=True),
        field_block("day", "Exposed since", {"type": "datepicker", "action_id": "day"}, optional=True),
        field_block("at", "At", {"type": "timepicker", "action_id": "at"}, optional=True),
        field_block("moment", "Found at", {"type": "datetimepicker", "action_id": "moment"}, optional=True),
        field_block("mode", "Strategy", {"type": "radio_buttons", "action_id": "mode",
                                         "options": options("revoke-first", "overlap"),
                                         "initial_option": options("revoke-first")[0]}),
        field_block("also", "Also", {"type": "checkboxes", "action_id": "also", "options": options("page", "notify")},
                    optional=True),
        field_block("notes", "Notes", {"type": "plain_text_input", "action_id": "notes", "multiline": True},
                    optional=True),
        {"type": "actions", "block_id": "more", "elements": [
            {"type": "button", "action_id": "more_fields", "text": plain("More fields"), "value": "more"}]},
    ],
}  # fmt: skip


def card(state: str) -> list[dict[str, Any]]:
    """An incident card, with most kinds of blocks."""
    return [
        {"type": "header", "text": plain(":rotating_light: inc_abc123: key in a public gist")},
        {"type": "section", "fields": [mrkdwn("*Severity*\nhigh"), mrkdwn("*Declared*\n4 min ago"),
                                       mrkdwn(f"*Old key*\n{state}"), mrkdwn("*New key*\nstaged")]},
        {"type": "divider"},
        {"type": "section", "text": mrkdwn("*1. Immediate rotation* of `openai-api-key` :hourglass: <https://x.test/a?b=1&amp;c=2|guide>"),
         "accessory": {"type": "overflow", "action_id": "step", "options": options("skip", "note")}},
        {"type": "section", "text": mrkdwn("*2. Assess impact*\n> &lt;b&gt; is _not_ a tag")},
        {"type": "actions", "block_id": "acts", "elements": [
            {"type": "button", "action_id": "kill", "text": plain("Revoke now"), "style": "danger", "value": "openai",
             "confirm": {"title": plain("Kill?"), "text": mrkdwn("It cannot be undone."), "confirm": plain("Kill"),
                         "deny": plain("Wait")}},
            {"type": "button", "action_id": "approve", "text": plain("Approve"), "style": "primary", "value": "p1"},
            {"type": "static_select", "action_id": "assign", "options": options("alice", "bob"),
             "placeholder": plain("Assign to")}]},
        {"type": "context", "elements": [mrkdwn("At <!date^1700000000^{date_num} {time}|then> by <@U0PRACTICEBOT>")]},
    ]  # fmt: skip


@dataclass
class PracticeBot:
    """Serves the application; `seen` is what its listeners got, by kind."""

    api_url: str
    token: str
    seen: dict[str, Any] = field(default_factory=dict)
    refuse: bool = False
    submit_answer: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        logging.getLogger("slack_bolt.App").setLevel(logging.CRITICAL)
        client = WebClient(token=self.token, base_url=self.api_url)
        self.app = App(client=client, signing_secret=SIGNING_SECRET, process_before_response=True)
        self._answer_commands()
        self._answer_forms()
        self._answer_buttons()
        flask, handler = Flask("practice-bot"), SlackRequestHandler(self.app)
        flask.add_url_rule("/slack/events", view_func=lambda: handler.handle(request), methods=["POST"])
        self.served = Served(flask)
        self.url = self.served.url

    def _answer_commands(self) -> None:
        app = self.app

        @app.command("/compromise")
        def command(ack, body, client):
            self.seen["command"] = body
            match body["text"]:
                case "":
                    ack()
                    client.views_open(trigger_id=body["trigger_id"], view=DECLARATION)
                case "text":
                    ack("Only *you* see this")
                case "blocks":
                    ack({"response_type": "in_channel", "blocks": [{"type": "divider"}], "text": "everyone"})
                case "ephemeral":
                    ack()
                    client.chat_postEphemeral(
                        channel=body["channel_id"], user=body["user_id"], blocks=card("hidden"), text="c"
                    )
                case _:
                    ack()
                    posted = client.chat_postMessage(
                        channel=body["channel_id"],
                        text="card",
                        blocks=card("alive"),
                        metadata={"event_type": "incident", "event_payload": {"id": "1"}},
                    )
                    client.pins_add(channel=posted["channel"], timestamp=posted["ts"])

        @app.shortcut("declare_from_message")
        def shortcut(ack, body):
            self.seen["shortcut"] = body
            ack()

    def _answer_forms(self) -> None:
        app = self.app

        @app.options("secrets")
        def secrets(ack, payload):
            self.seen["options"] = payload
            ack(options=[o for o in options("openai", "sendgrid", "stripe") if payload["value"] in o["value"]])

        @app.view("declare")
        def declare(ack, body, view, client):
            self.seen["submission"] = body
            if self.refuse:
                ack(response_action="errors", errors={"title": "Say more, please."})
            elif self.submit_answer is not None:
                ack(self.submit_answer)
            else:
                ack()

        @app.view_closed("declare")
        def closed(ack, body):
            self.seen["closed"] = body
            ack()

        @app.action("more_fields")
        def more(ack, body, client):
            self.seen["in_view"] = body
            ack()
            view = {
                key: body["view"][key]
                for key in ("type", "callback_id", "title", "submit", "close", "private_metadata")
            }
            extra = field_block("url", "Where", {"type": "url_text_input", "action_id": "url"}, optional=True)
            client.views_update(
                view_id=body["view"]["id"],
                hash=body["view"]["hash"],
                view=view | {"blocks": [*DECLARATION["blocks"], extra]},
            )

    def _answer_buttons(self) -> None:
        app = self.app

        @app.action("kill")
        def kill(ack, body, client, respond):
            self.seen["kill"] = body
            ack()
            if body["container"]["is_ephemeral"]:
                respond(replace_original=True, text="done")
            else:
                client.chat_update(
                    channel=body["channel"]["id"], ts=body["message"]["ts"], blocks=card("dead"), text="card"
                )
                respond("Killed.")

        @app.action("assign")
        @app.action("step")
        @app.action("approve")
        @app.action("home_button")
        def other(ack, body):
            self.seen[body["actions"][0]["action_id"]] = body
            ack()

        @app.event("app_home_opened")
        def home(event, client):
            self.seen["home"] = event
            client.views_publish(
                user_id=event["user"],
                view={
                    "type": "home",
                    "blocks": [
                        {"type": "header", "text": plain("Open incidents")},
                        {"type": "section", "text": mrkdwn("None. *Good.*")},
                        {
                            "type": "actions",
                            "elements": [
                                {
                                    "type": "button",
                                    "action_id": "home_button",
                                    "text": plain("Declare"),
                                    "style": "primary",
                                }
                            ],
                        },
                    ],
                },
            )
