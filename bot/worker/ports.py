"""The ports that the worker calls upwards: showing an incident, and writing its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.errors import OutsideError, Refused
from bot.incident.events import Recorded
from bot.incident.state import Incident


@dataclass(frozen=True)
class Channel:
    """A channel for an incident, and the link by which people get to it."""

    id: str
    url: str


class ChannelGone(Refused):
    """The incident's channel accepts no messages now. `reason` says what happened to it: ``was archived``."""

    def __init__(self, system: str, channel: str, reason: str) -> None:
        super().__init__(system, "post in the channel", f"it {reason}")
        self.channel = channel
        self.reason = reason


class Board(Protocol):
    """Where people see an incident. Errors: Throttled, Unauthorized, Refused, Unreachable, Unexpected; `show` raises
    ChannelGone where another channel is needed.
    """

    def open_channel(self, incident: Incident) -> Channel:
        """Opens the private channel and invites the responders; finds it again if it was opened before a crash."""

    def show(
        self, incident: Incident, news: Sequence[Recorded], shown: Mapping[str, str], now: datetime, head: str
    ) -> Mapping[str, str]:
        """Draws the live card and posts the part of `news` that deserves a message (events not shown yet, in order).

        `shown` is the last call's result (message ids), empty at first; `head` is the log's `seq:digest`. After a crash
        the same news come again: a message is looked for by its metadata before it is posted.
        """

    def tell(self, incident: str, update: str, target: str, text: str, *, again: bool = False) -> str:
        """Sends a status update to a channel, or to ``@`` and a person's name, unless it is there already: `update`
        identifies it, as ``AUDIENCE#NUMBER``. `again`: the audience's last message is corrected in place, if it can be.
        Returns empty, or the reason why no message can be sent there.
        """

    def say(self, channel: str, sentence: str) -> None:
        """Posts one sentence that no log holds, because the log is unavailable."""


class Asks(Protocol):
    """Asks the people who can answer a question to a second person, each in a message of their own."""

    def ask(
        self, incident: Incident, news: Sequence[Recorded], asked: Mapping[str, str], now: datetime
    ) -> tuple[Mapping[str, str], OutsideError | None]:
        """Sends missing messages, and edits the ones that are answered or outdated by later events (`news`).

        `asked` is the last call's result, empty at first. Also returns the first error that deserves another try; an
        unreachable person does not count.
        """


class NoBoard:
    """For an installation without Slack: the incident goes on, and says why it has no channel."""

    def open_channel(self, incident: Incident) -> Channel:
        raise Refused("slack", f"open a channel for {incident.id}", "SLACK_BOT_TOKEN is not set")

    def tell(self, incident: str, *_: object, **_also: object) -> str:
        raise Refused("slack", f"send a status update of {incident}", "SLACK_BOT_TOKEN is not set")

    def say(self, channel: str, sentence: str) -> None:
        """Nowhere to say it."""

    def show(self, incident: Incident, *_: object) -> Mapping[str, str]:
        raise Refused("slack", f"show {incident.id}", "SLACK_BOT_TOKEN is not set")
