"""What is known of the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import By

COMPARISON = "comparison"
"""The source of a sighting that is a person's comparison at a terminal."""
ANOTHER = "another"
"""What it sees of a value that is not the one with which it was compared."""


def place_of(channel: str, ts: str, secret: str = "", value: str = "") -> str:
    """A message of Slack's, or the secret whose value stands in it: its new value beside another one."""
    return f"{channel}/{ts}/{secret}{'/new' if value == 'new' else ''}"


@dataclass(frozen=True)
class Statement:
    """A note or finding in people's words."""

    what: str
    text: str
    by: By
    seq: int


@dataclass(frozen=True)
class DecisionReminder:
    """The last reminder that nobody has decided on notification by an end of time, sent `at`. `over` counts those that
    said that it has run out: 0 before it. `woke_at`: the last one that woke people; those that come again day by day do
    not.
    """

    at: datetime
    over: int = 0
    woke_at: datetime | None = None
