"""What can be asked of pagers and the channel."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored
from bot.model.fields import Words


@stored("page-again", text="reason")
@dataclass(frozen=True)
class PageAgain:
    """Wakes on-call by hand. The reason goes into the log, not to the pager."""

    reason: Words


@stored("lose-channel")
@dataclass(frozen=True)
class LoseChannel:
    """Nothing can be posted in `channel` any more; `reason` says what became of it."""

    channel: str
    reason: str


PagingFromPeople = PageAgain
PagingCommand = PageAgain | LoseChannel
