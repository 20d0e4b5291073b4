"""A request of Slack's, as far as our listeners look at it.

Source: docs.slack.dev, reference/interaction-payloads, and interactivity/implementing-slash-commands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_bolt import Ack

from bot.slack.actions import ButtonValue, about, beneath


@dataclass(frozen=True)
class SlackRequest:
    """`command_id` is the same whenever Slack delivers the same request again."""

    user: str
    command_id: str
    kind: str = ""
    """Slack's word for what it is, empty for a slash command."""
    trigger: str = ""
    channel: str = ""
    response_url: str = ""
    value: str = ""
    view_id: str = ""
    previous_view_id: str = ""
    view_hash: str = ""
    view_callback: str = ""
    view_type: str = ""
    view_note: str = ""
    values: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    message: tuple[str, str, str] = ("", "", "")
    """Channel, ts and thread of the reported message. The rest of it is ignored."""

    @property
    def button_value(self) -> ButtonValue:
        """What the button carried. Misuse if it is none of ours."""
        return ButtonValue.decode(self.value, self.user)

    @property
    def form_value(self) -> ButtonValue:
        """What the button carried that opened the form. Misuse as above."""
        return ButtonValue.decode(self.view_note, self.user)

    @property
    def about(self) -> str:
        """The incident of the form in which something was pressed or sent; empty elsewhere."""
        return about(self.view_note) if self.view_type == "modal" else ""

    @property
    def beneath(self) -> str:
        """The callback_id of the form that this one was opened from; empty where that is unknown."""
        return beneath(self.view_note)

    @classmethod
    def slash(cls, body: Mapping[str, Any]) -> SlackRequest:
        trigger = str(body.get("trigger_id", ""))
        return cls(
            user=str(body.get("user_id", "")),
            command_id=_command_id("slash", trigger),
            trigger=trigger,
            channel=str(body.get("channel_id", "")),
            response_url=str(body.get("response_url", "")),
        )

    @classmethod
    def interaction(cls, body: Mapping[str, Any]) -> SlackRequest:
        """A press, a form or a shortcut."""
        view, user = _dict(body.get("view")), str(_dict(body.get("user")).get("id", ""))
        action = _dict(next(iter(body.get("actions") or ()), None))
        container = _dict(body.get("container"))
        place = str(container.get("message_ts") or view.get("id") or "")
        when = str(action.get("action_ts") or body.get("action_ts") or view.get("hash") or "")
        return cls(
            user=user,
            command_id=_command_id(str(body.get("type", "")), user, place, when, str(action.get("action_id", ""))),
            kind=str(body.get("type", "")),
            trigger=str(body.get("trigger_id", "")),
            channel=str(_dict(body.get("channel")).get("id", "")),
            response_url=str(body.get("response_url", "")),
            value=str(action.get("value", "")),
            view_id=str(view.get("id", "")),
            previous_view_id=str(view.get("previous_view_id") or ""),
            view_hash=str(view.get("hash", "")),
            view_callback=str(view.get("callback_id", "")),
            view_type=str(view.get("type", "")),
            view_note=str(view.get("private_metadata", "")),
            values=_values(_dict(view.get("state")).get("values")),
            message=_place(body),
        )


def listener(handle: Callable[[SlackRequest], object]) -> Callable[..., None]:
    """Acknowledges a press, a form or a shortcut at once, for which Slack waits three seconds; then `handle`s it."""

    def heard(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        handle(SlackRequest.interaction(body))

    return heard


def answering(handle: Callable[[Ack, SlackRequest], object]) -> Callable[..., None]:
    """The same for what is acknowledged with an answer of its own."""

    def heard(ack: Ack, body: dict[str, Any]) -> None:
        handle(ack, SlackRequest.interaction(body))

    return heard


def _place(body: Mapping[str, Any]) -> tuple[str, str, str]:
    message, channel = _dict(body.get("message")), str(_dict(body.get("channel")).get("id", ""))
    return channel, str(body.get("message_ts") or message.get("ts") or ""), str(message.get("thread_ts") or "")


def _command_id(*parts: str) -> str:
    return "slack:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _values(found: object) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """block_id → action_id → state, of what Slack's client sends, and of nothing else."""
    blocks = {block: _dict(actions) for block, actions in _dict(found).items()}
    return {block: {name: _dict(state) for name, state in actions.items()} for block, actions in blocks.items()}


def _dict(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}
