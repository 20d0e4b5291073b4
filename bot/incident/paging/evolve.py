"""How pages and the channel change."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import milestone, replace
from bot.incident.events import PagingEvent
from bot.incident.lanes import FALLBACK_LANE
from bot.incident.model import By, PageAction
from bot.incident.operations import Claim
from bot.incident.paging.rules import WAKES
from bot.incident.state import Incident, PageState


def evolve(incident: Incident, event: PagingEvent, by: By) -> Incident:
    match event:
        case e.ChannelLost():
            lost = (*incident.lost_channels, event.channel)
            return replace(incident, channel="", channel_url="", lost_channels=lost)
        case e.ChannelOpened():
            opened = replace(incident, channel=event.channel, channel_url=event.url)
            return milestone(opened, "the channel is another one now") if incident.lost_channels else opened
        case e.PagedAgain():
            page, fallback = _again(incident.page), _again(incident.fallback)
            anew = replace(incident, called=by, responded=None, page=page, fallback=fallback)
            return milestone(anew, "on-call is paged again")
        case e.PageSent(fallback=True):
            return replace(incident, fallback=_page(incident, incident.fallback, event, by.at))
        case e.PageSent():
            return replace(incident, page=_page(incident, incident.page, event, by.at))
        case _:
            assert_never(event)


def _again(page: PageState) -> PageState:
    return replace(page, acknowledged_at=None, again=page.up)


def maybe_told(incident: Incident, claim: Claim) -> Incident:
    """A call to the pager with an unknown result: an alert that it may have opened is remembered."""
    if claim.detail not in WAKES:
        return incident
    if claim.lane == FALLBACK_LANE:
        return replace(incident, fallback=_unsure(incident.fallback, claim))
    return replace(incident, page=_unsure(incident.page, claim))


def _unsure(page: PageState, claim: Claim) -> PageState:
    return replace(page, unsure=page.unsure | {claim.detail})


def _page(incident: Incident, page: PageState, event: e.PageSent, at: datetime) -> PageState:
    noted = min(event.milestone, len(incident.milestones))
    match event.action:
        case PageAction.TRIGGER:
            anew = page.anew(event.alerts)
            return replace(anew, triggered_at=at, notes_sent=noted, unsure=page.unsure - {PageAction.TRIGGER})
        case PageAction.ACKNOWLEDGE:
            return replace(page, acknowledged_at=at)
        case PageAction.RESOLVE:
            return replace(page, resolved_at=at, unsure=page.unsure - {PageAction.TRIGGER}, again=False)
        case PageAction.ALERT:
            sent = max(page.alerts_sent, event.alerts)
            return replace(page, worse_at=at, alerts_sent=sent, unsure=page.unsure - {PageAction.ALERT})
        case PageAction.ALERT_OVER:
            return replace(page, worse_at=None, unsure=page.unsure - {PageAction.ALERT})
        case PageAction.ASK | PageAction.ANSWERED:
            return replace(page, asking=event.action == PageAction.ASK, unsure=page.unsure - {PageAction.ASK})
        case PageAction.NONE:
            return replace(page, missing=True)
        case _:
            return replace(page, notes_sent=noted)
