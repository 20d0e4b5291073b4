"""What can have happened to pagers and the channel."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored
from bot.model.responders import Acknowledgement, OnCall


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
    """`action`: trigger, note, acknowledge or resolve, which is also of the alerts beside the page; alert, which sends
    the next of those, and acknowledge-alerts, of which `alerts` are the numbers; ask and answered, of the alert that
    asks for an approval; none, where no fallback is set up; cannot-tell, where the pager does not say who has
    acknowledged (before that was an event of its own also look, for whoever had: `by`). `milestone` counts the notes
    sent so far.
    """

    claim: int
    action: str
    milestone: int = 0
    fallback: bool = False
    by: str = ""
    v: int = 1
    alerts: tuple[int, ...] = ()


@stored("page-looked")
@dataclass(frozen=True)
class PageLooked:
    """Who is on call and who has acknowledged, as the pager tells it. `level` is the one of the escalation policy that
    it now pages, 0 where that cannot be told; `hidden` says in phrases what the key may not read.
    """

    claim: int
    on_call: tuple[OnCall, ...] = ()
    acknowledged: tuple[Acknowledgement, ...] = ()
    level: int = 0
    hidden: tuple[str, ...] = ()
    v: int = 1


@stored("page-escalated")
@dataclass(frozen=True)
class PageEscalated:
    """Nobody had answered: the pager now pages `level` of its escalation policy, `whom` by name. `why_not`: it does
    not, and it is not asked for that again.
    """

    claim: int
    level: int
    whom: tuple[str, ...] = ()
    why_not: str = ""
    v: int = 1


@stored("page-unanswered")
@dataclass(frozen=True)
class PageUnanswered:
    """Some minutes after the page, nobody but whoever raised the incident has done anything, and the pager names nobody
    who has acknowledged it.
    """

    v: int = 1


PagingByMachine = ChannelLost | PageUnanswered
PagingOutcome = ChannelOpened | PageSent | PageLooked | PageEscalated
PagingEvent = PagingByMachine | PagingOutcome
