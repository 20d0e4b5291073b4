"""The app's shortcuts: what people find in Slack's own menus. A listener of its `id` answers each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Shortcut:
    """As in the app's manifest: `type` is where it is found, in the menu of a message or everywhere."""

    id: str
    name: str
    description: str
    type: Literal["message", "global"]


FROM_MESSAGE = Shortcut(
    "declare_from_message", "Declare a compromise", "A secret stands in this message, or it tells of one", "message"
)
REPORT = Shortcut(
    "report_leaked_secret", "Report a leaked secret", "Finds out which secret of ours stands in this message", "message"
)
ADD = Shortcut("add_to_timeline", "Add to timeline", "Keeps this message in an incident's timeline, masked", "message")
SHORTCUTS = (REPORT, ADD, FROM_MESSAGE)
