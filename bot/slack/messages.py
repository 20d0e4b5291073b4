"""Slack's messages for the worker: one that someone points at is read, and only who pointed is answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block

from bot.errors import Missing, OutsideError
from bot.inbox.messages import Message, Offered, ReportMessage
from bot.incident.model import Target, TargetKind
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, row, section
from bot.slack.gateway import SlackGateway

_UNREADABLE = frozenset({"ts", "thread_ts", "user", "team", "type", "client_msg_id", "bot_id", "app_id", "block_id"})
"""Fields that hold no words of anyone's."""


@dataclass(frozen=True)
class SlackMessages:
    """See `bot.inbox.messages.Messages`."""

    gateway: SlackGateway

    def read(self, channel: str, ts: str, thread: str) -> Message:
        found = self.gateway.message(channel, ts, thread)
        return Message(tuple(dict.fromkeys(_texts(found))), files=len(found.get("files") or ()))

    def answer(self, user: str, at: ReportMessage, text: str, offered: Sequence[Offered], *, declare: bool) -> None:
        blocks: list[Block] = [section(text)]
        for each in offered:
            label = f"Declare {each.secret} ({each.environment})…"
            blocks += row(button(label, ActionId.DECLARE_FOUND, pressed(each, at), style="danger"))
        if declare:
            blocks += row(button("Declare…", ActionId.DECLARE, ButtonValue("")))
        try:
            self.gateway.whisper(at.channel, user, text, blocks, thread=at.thread)
        except OutsideError as error:
            if error.retryable and not isinstance(error, Missing):
                raise
            self.gateway.post(user, text, blocks)


def pressed(offered: Offered, at: ReportMessage) -> ButtonValue:
    """What the button carries: the secret, exactly which value of it, and where the message stands."""
    target = offered.target
    which = f"{target.fingerprint}:{target.version}:{int(target.current)}"
    return ButtonValue(f"{at.channel}/{at.ts}", f"{offered.environment}/{offered.secret}", which)


def offered_by(value: ButtonValue) -> Offered:
    """What `pressed` gave. ValueError for anything else."""
    environment, _, secret = value.subject.partition("/")
    fingerprint, version, current = value.digest.split(":")
    target = Target(TargetKind.CONFIRMED, fingerprint, int(version), current == "1")
    return Offered(secret, environment, target)


def _texts(found: Any) -> Iterator[str]:
    """Everything that a person could read there: text, blocks, attachments, names of files."""
    match found:
        case str():
            yield found
        case dict():
            for name, inner in found.items():
                if name not in _UNREADABLE:
                    yield from _texts(inner)
        case list():
            yield from (text for inner in found for text in _texts(inner))
        case _:
            pass
