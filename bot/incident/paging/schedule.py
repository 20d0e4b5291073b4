"""Who is woken, and when: the page, and a second way where the first one fails or is itself what leaked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from bot.incident.clocks import notification_due
from bot.incident.old_value.own_credentials import PAGER
from bot.incident.operations import CHANNEL_LANE, FALLBACK_LANE, PAGE_LANE, Op, Work
from bot.incident.paging.state import PageState
from bot.incident.state import Incident

PAGE_WAITS_FOR_CHANNEL = timedelta(seconds=5)
BESIDE_THE_PAGE = frozenset({"note", "look"})
"""What a pager may fail to do while it pages well."""
UNANSWERED = timedelta(minutes=5)
"""A request for approval, or a page, that nobody has answered for so long goes to the fallback too."""
LOOK_AFTER = timedelta(minutes=1)
LOOKS_APART = timedelta(minutes=15)
"""The pager is asked who has acknowledged: after a minute, then less and less often, at last so far apart."""
FALLBACK_AFTER = timedelta(minutes=1)
"""A pager that has failed for so long is not waited for any longer, although it goes on being tried."""


class Reach(StrEnum):
    """How far the page has come: not sent yet; no pager has taken it; a pager has; somebody has answered."""

    WAITING = "waiting"
    NOBODY = "nobody"
    SENT = "sent"
    ANSWERED = "answered"


def reach(incident: Incident) -> Reach:
    """What is known of it. That a pager has taken it does not say that anybody has woken up."""
    if incident.answered_by:
        return Reach.ANSWERED
    if paged_at(incident) is not None:
        return Reach.SENT
    return Reach.WAITING if incident.lane(PAGE_LANE).failure is None else Reach.NOBODY


def paged_at(incident: Incident) -> datetime | None:
    """When the first of the pagers took the page; None while none has."""
    times = (incident.page.triggered_at, incident.fallback.triggered_at)
    return min((at for at in times if at is not None), default=None)


def unanswered_at(incident: Incident) -> datetime | None:
    """When it is told that nobody has answered; None where it was told, somebody has, or nobody has been paged yet."""
    since = paged_at(incident)
    if since is None or not incident.open or incident.answered_by or incident.page.unanswered_at is not None:
        return None
    return since + UNANSWERED


def pages(incident: Incident) -> Iterator[Work]:
    """What the page wants next, and what the fallback does, once it is wanted and if there is one."""
    yield from _paging(incident, incident.page, PAGE_LANE, _start(incident))
    since = fallback_since(incident)
    if since is not None and not incident.fallback.missing:
        yield from _paging(incident, incident.fallback, FALLBACK_LANE, since)


def fallback_since(incident: Incident) -> datetime | None:
    """When the fallback begins to be wanted; None while the first pager does."""
    if incident.fallback.triggered_at is not None:
        return incident.fallback.triggered_at
    if any(PAGER.intersection(secret.own) for secret in incident.secrets.values()):
        return incident.last_at
    since = [_failing_since(incident), _unanswered_since(incident), incident.page.unanswered_at, _kept_since(incident)]
    return min(filter(None, since), default=None)


def _failing_since(incident: Incident) -> datetime | None:
    failure = incident.lane(PAGE_LANE).failure
    if failure is None or failure.detail in BESIDE_THE_PAGE:
        return None
    patience = min(FALLBACK_AFTER, timedelta(seconds=incident.timings.retry_for / 2))
    return failure.at if failure.final else failure.first_at + patience


def _unanswered_since(incident: Incident) -> datetime | None:
    asked = [incident.secrets[name].asked_at for name in incident.request.plans] if incident.request else []
    return min((at + UNANSWERED for at in asked if at is not None), default=None)


def _kept_since(incident: Incident) -> datetime | None:
    """When the first call over a leaked value that is kept alive has stayed without a decision."""
    calls = [secret.new.escalated_at for secret in incident.secrets.values()]
    return min((at for at in calls if at is not None), default=None)


def decision_owed(incident: Incident) -> bool:
    """Whether people were reminded of what nobody has done, and what outlasts the close: the decision on notification,
    the review of broken glass.
    """
    if any(secret.review_reminded and secret.reviewed is None for secret in incident.secrets.values()):
        return True
    return incident.reminded_at is not None and notification_due(incident) is not None


def _start(incident: Incident) -> datetime:
    no_use_waiting = incident.channel or incident.slack_untrusted or incident.lane(CHANNEL_LANE).failure is not None
    return incident.declared.at if no_use_waiting else incident.declared.at + PAGE_WAITS_FOR_CHANNEL


def _paging(incident: Incident, page: PageState, lane: str, start: datetime) -> Iterator[Work]:
    """All that this pager may be told now, first things first: what it declines stops nothing of the rest."""

    def work(action: str, at: datetime) -> Work:
        return Work(Op.PAGE, lane, incident.id, at, detail=action)

    asked = incident.request if incident.open else None
    if page.asking and asked is None:
        yield work("answered", incident.last_at)
    if incident.closed is not None and not decision_owed(incident):
        if page.triggered_at is not None and page.resolved_at is None:
            yield work("resolve", incident.closed.at)
        return
    if page.triggered_at is None or page.resolved_at is not None:
        yield work("trigger", start)
        return
    if incident.open and page.alerts_sent < len(incident.alerts):
        yield work("alert", incident.last_at)
    if asked is not None and not page.asking:
        yield work("ask", asked.at)
    if incident.open and incident.responded is not None and page.acknowledged_at is None:
        yield work("acknowledge", incident.responded.at)
    if page.notes_sent < len(incident.milestones):
        yield work("note", incident.last_at)
    if lane == PAGE_LANE and incident.open and page.tells and not incident.answered_by:
        yield work("look", _look_at(page.triggered_at, page.looked_at))


def _look_at(triggered_at: datetime, looked_at: datetime | None) -> datetime:
    if looked_at is None:
        return triggered_at + LOOK_AFTER
    return looked_at + min(looked_at - triggered_at, LOOKS_APART)
