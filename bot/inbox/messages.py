"""Slack messages that people report: only the worker reads one, and it keeps no text.

A command names the place of a message and none of its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.incident.model import Target
from bot.incident.stored import Stored
from bot.model.fields import Channel, Moment


class ReportMessage(Stored, stored="report-message"):
    """A person thinks that a message holds a secret. `thread` is the ts of the message that it answers, if any."""

    channel: Channel
    ts: Moment
    thread: Moment = ""


@dataclass(frozen=True)
class Message:
    """A message as Slack shows it now. `texts` are all readable texts in it; `files` is the number of attached files,
    which are not read.
    """

    texts: tuple[str, ...] = field(repr=False)
    files: int = 0


@dataclass(frozen=True)
class Offered:
    """A declaration filled in with exactly one value."""

    secret: str
    environment: str
    target: Target


class Messages(Protocol):
    """Slack's messages, read and answered. Errors: Throttled, Unauthorized, Missing, Refused, Unreachable, Unexpected;
    Missing where the bot is no member, or the message has gone.
    """

    def read(self, channel: str, ts: str, thread: str) -> Message:
        """The message in its current form."""
        ...

    def answer(self, user: str, at: ReportMessage, text: str, offered: Sequence[Offered], *, declare: bool) -> None:
        """Answers one person alone, beside the message if the bot may write there, else directly. `declare`: with a
        button for a declaration of their own.
        """
        ...
