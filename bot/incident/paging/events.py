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
    """`action`: trigger, note, acknowledge or resolve; alert, of what got worse, and alert-over; ask and answered, of
    the alert that asks for an approval; none, where no fallback is set up. `milestone` counts the notes and `alerts`
    the alerts sent so far.
    """

    claim: int
    action: str
    milestone: int = 0
    fallback: bool = False
    alerts: int = 0
    v: int = 1


@stored("paged-again")
@dataclass(frozen=True)
class PagedAgain:
    """A responder wakes on-call by hand."""

    reason: str
    v: int = 1


PagingByPerson = PagedAgain
PagingByMachine = ChannelLost
PagingOutcome = ChannelOpened | PageSent
PagingEvent = PagingByPerson | PagingByMachine | PagingOutcome
