"""What the worker calls upwards: where an incident is shown, and how its report is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from bot.errors import OutsideError, Refused
from bot.incident.events import Recorded
from bot.incident.state import Incident

UNDRAWN = "undrawn"
"""Where `Board.show` says what it could show in its plainest form alone: ``card``; left out where that is nothing."""


@dataclass(frozen=True)
class Channel:
    """A channel for an incident, and the link by which people get to it."""

    id: str
    url: str


class ChannelGone(Refused):
    """Nothing can be posted in an incident's channel any more. `reason` says what became of it: ``was archived``."""

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
        """Draws the live card as of now and posts what is worth a message of `news` (events not shown yet, in order).

        `shown` is what the last call gave back (message ids), empty at first; `head` the log's `seq:digest`. After a
        crash the same news come again: a message is looked for by its metadata before it is posted.
        """

    def tell(self, incident: str, update: str, target: str, text: str) -> str:
        """Sends a status update to a channel, or to ``@`` and a person's name, unless it is there already: `update` is
        what it is known by. Empty, or why nobody can be told there.
        """

    def say(self, channel: str, sentence: str) -> None:
        """Posts one sentence that stands in no log: the log is what is missing."""


class Asks(Protocol):
    """How those who can answer a question to a second person are asked, each by a message of their own."""

    def ask(
        self, incident: Incident, news: Sequence[Recorded], asked: Mapping[str, str], now: datetime
    ) -> tuple[Mapping[str, str], OutsideError | None]:
        """Sends what is not sent, and edits what is answered or has changed, by what happened since (`news`).

        `asked` is what the last call gave back, empty at first. With it comes the first error for which it is to be
        tried again; whoever can never be reached is none.
        """


class Looks(Protocol):
    """What runs in a thread of its own beside the worker's loop. `THREAD` is what that is called."""

    THREAD: ClassVar[str]

    @property
    def waits(self) -> str:
        """What kept it from its work at its last look, as a sentence; empty if nothing did."""

    def start(self, leads: Callable[[], bool]) -> None:
        """Begins; `leads` says whether this worker is the one whose turn it is."""

    def stop(self) -> None:
        """Ends after what is being done."""


class Commands(Protocol):
    """What answers the commands that wait in the inbox, beside the worker's own loop."""

    trouble: str
    """Why commands cannot be answered right now; empty if they can."""

    def start(self, leads: Callable[[], bool]) -> None:
        """Begins; `leads` says whether this worker takes commands at once."""

    def stop(self) -> None:
        """Ends after the command that is being decided."""


class NoBoard:
    """For an installation without Slack: the incident goes on, and says why it has no channel."""

    def open_channel(self, incident: Incident) -> Channel:
        raise Refused("slack", f"open a channel for {incident.id}", "SLACK_BOT_TOKEN is not set")

    def tell(self, incident: str, *_: object) -> str:
        raise Refused("slack", f"send a status update of {incident}", "SLACK_BOT_TOKEN is not set")

    def say(self, channel: str, sentence: str) -> None:
        """Nowhere to say it."""

    def show(self, incident: Incident, *_: object) -> Mapping[str, str]:
        raise Refused("slack", f"show {incident.id}", "SLACK_BOT_TOKEN is not set")
