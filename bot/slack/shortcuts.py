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
SHORTCUTS = (FROM_MESSAGE,)
