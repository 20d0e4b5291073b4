"""What can be asked of status updates."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored
from bot.model.fields import Known, Number, Words


@stored("release-update", text="text")
@dataclass(frozen=True)
class ReleaseUpdate:
    """Sends draft `number` to the audience, in these words: those of the draft, or what a person has made of them."""

    audience: Known
    number: Number
    text: Words


@stored("skip-update", text="reason")
@dataclass(frozen=True)
class SkipUpdate:
    """Draft `number` does not go out to the audience, or not to those whom nobody can tell: the reason is kept."""

    audience: Known
    number: Number
    reason: Words


UpdatesCommand = ReleaseUpdate | SkipUpdate
