"""How pages and the channel change."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import milestone, replace, worse
from bot.incident.lanes import FALLBACK_LANE
from bot.incident.model import By
from bot.incident.operations import Claim, Op
from bot.incident.paging.events import PagingEvent
from bot.incident.paging.state import PageState
from bot.incident.state import Incident

UNANSWERED_PAGE = "nobody has answered the page"


def evolve(incident: Incident, event: PagingEvent, by: By) -> Incident:
    match event:
        case e.ChannelLost():
            lost = (*incident.lost_channels, event.channel)
            return replace(incident, channel="", channel_url="", lost_channels=lost)
        case e.ChannelOpened():
            opened = replace(incident, channel=event.channel, channel_url=event.url)
            return milestone(opened, "the channel is another one now") if incident.lost_channels else opened
        case e.PageUnanswered():
            told = replace(incident, page=replace(incident.page, unanswered_at=by.at))
            return worse(milestone(told, UNANSWERED_PAGE), UNANSWERED_PAGE, by.at)
        case e.PageLooked():
            return _acted(replace(incident, page=_looked(incident, event, by.at)), event)
        case e.PageEscalated():
            page = replace(incident.page, escalated_at=by.at, no_further=event.why_not)
            return replace(incident, page=page if event.why_not else replace(page, level=event.level))
        case e.PageSent(fallback=True):
            return replace(incident, fallback=_page(incident, incident.fallback, event, by.at))
        case e.PageSent():
            return replace(incident, page=_page(incident, incident.page, event, by.at))
        case _:
            assert_never(event)


def attributed(incident: Incident, actor: str) -> Incident:
    """With whom each new alert came from: what the same person does next does not answer it."""
    new = len(incident.alerts) - len(incident.alerts_by)
    return replace(incident, alerts_by=(*incident.alerts_by, *[actor] * new)) if new else incident


def sending(incident: Incident, claim: Claim) -> Incident:
    """With which alert is on its way, if one is: what becomes of it is about that one, whatever happens meanwhile."""
    if claim.op is not Op.PAGE or claim.detail != "alert":
        return incident
    page = _page_of(incident, claim)
    return _put_page(incident, claim, replace(page, sending=page.alerts_sent + 1))


def _page_of(incident: Incident, claim: Claim) -> PageState:
    return incident.fallback if claim.lane == FALLBACK_LANE else incident.page


def _put_page(incident: Incident, claim: Claim, page: PageState) -> Incident:
    return replace(incident, fallback=page) if claim.lane == FALLBACK_LANE else replace(incident, page=page)


def _on_its_way(page: PageState) -> int:
    return page.sending or page.alerts_sent + 1


def maybe_told(incident: Incident, claim: Claim, at: datetime) -> Incident:
    """A call to the pager whose outcome nobody knows: what it may have opened there is not forgotten."""
    page = _page_of(incident, claim)
    match claim.detail:
        case "alert":
            page = _alerted(page, _on_its_way(page), at)
        case "trigger" | "ask":
            page = replace(page, unsure=page.unsure | {claim.detail})
        case _:
            return incident
    return _put_page(incident, claim, page)


def _alerted(page: PageState, number: int, at: datetime) -> PageState:
    acknowledged = page.alerts_acknowledged - {number}
    return replace(page, alerts_open={**page.alerts_open, number: at}, alerts_acknowledged=acknowledged)


def _acted(incident: Incident, event: e.PageLooked) -> Incident:
    """Who has acknowledged it at the pager has done something too."""
    acted = dict(incident.acted)
    for each in event.acknowledged:
        name = each.person or each.name
        if incident.raised.name not in {each.person, each.name}:
            acted[name] = max(acted.get(name, each.at), each.at)
    return replace(incident, acted=acted)


def _looked(incident: Incident, event: e.PageLooked, at: datetime) -> PageState:
    """Whoever raised the incident was awake before: their acknowledgement wakes nobody else."""
    page = incident.page
    others = [each for each in event.acknowledged if incident.raised.name not in {each.person, each.name}]
    return replace(
        page,
        looked_at=at,
        on_call=event.on_call,
        acknowledged=event.acknowledged,
        hidden=event.hidden,
        level=max(page.level, event.level),
        answered_by=others[0].who if others else page.answered_by,
        acknowledged_at=page.acknowledged_at or (others[0].at if others else None),
    )


def _page(incident: Incident, page: PageState, event: e.PageSent, at: datetime) -> PageState:
    # Releases before counted milestones that are none: what was noted is never more than there is.
    noted = min(event.milestone, len(incident.milestones))
    match event.action:
        case "trigger":
            anew = replace(page.anew(page.alerts_sent), tells=page.tells, on_call=page.on_call)
            return replace(anew, triggered_at=at, notes_sent=noted, unsure=page.unsure - {"trigger"})
        case "acknowledge":
            return replace(page, acknowledged_at=at)
        case "resolve":
            unsure = page.unsure - {"trigger"}
            return replace(page, resolved_at=at, alerts_open={}, alerts_acknowledged=frozenset(), unsure=unsure)
        case "ask" | "answered":
            return replace(page, asking=event.action == "ask", unsure=page.unsure - {"ask"})
        case "none":
            return replace(page, missing=True)
        case "look":
            answered = at if event.by else page.acknowledged_at
            return replace(page, looked_at=at, answered_by=event.by, acknowledged_at=answered)
        case "cannot-tell":
            return replace(page, looked_at=at, tells=False)
        case "alert":
            number = _on_its_way(page)
            return replace(_alerted(page, number, at), alerts_sent=max(page.alerts_sent, number), sending=0)
        case "acknowledge-alerts":
            return replace(page, alerts_acknowledged=page.alerts_acknowledged.union(event.alerts))
        case _:
            return replace(page, notes_sent=noted)
