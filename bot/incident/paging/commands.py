"""What can be asked of pagers and the channel."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored


@stored("lose-channel")
@dataclass(frozen=True)
class LoseChannel:
    """Nothing can be posted in `channel` any more; `reason` says what became of it."""

    channel: str
    reason: str


PagingCommand = LoseChannel
