"""What can be asked of status updates."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored


@stored("release-update", text="text")
@dataclass(frozen=True)
class ReleaseUpdate:
    """Sends draft `number` to the audience, in these words: those of the draft, or what a person has made of them."""

    audience: str
    number: int
    text: str


UpdatesCommand = ReleaseUpdate
