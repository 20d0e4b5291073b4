"""What can have happened to pagers and the channel."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored


@stored("channel-opened")
@dataclass(frozen=True)
class ChannelOpened:
    claim: int
    channel: str
    url: str
    v: int = 1


@stored("channel-lost")
@dataclass(frozen=True)
class ChannelLost:
    """The incident's channel takes nothing any more; `reason` says what became of it. Another one is opened."""

    channel: str
    reason: str
    v: int = 1


@stored("page-sent")
@dataclass(frozen=True)
class PageSent:
    """`action`: trigger, note, acknowledge or resolve; ask and answered, of the alert that asks for an approval; none,
    where no fallback is set up; look, for whoever has acknowledged it there (`by`, empty: nobody yet), cannot-tell
    where the pager does not say. `milestone` counts the notes sent so far.
    """

    claim: int
    action: str
    milestone: int = 0
    fallback: bool = False
    by: str = ""
    v: int = 1


@stored("page-unanswered")
@dataclass(frozen=True)
class PageUnanswered:
    """Some minutes after the page, nobody but whoever raised the incident has done anything, and the pager names nobody
    who has acknowledged it.
    """

    v: int = 1


PagingByMachine = ChannelLost | PageUnanswered
PagingOutcome = ChannelOpened | PageSent
PagingEvent = PagingByMachine | PagingOutcome
