"""The state of the page in words, and the texts for the pager."""

from __future__ import annotations

from bot.incident import events as e
from bot.incident.lanes import FALLBACK_LANE, PAGE_LANE
from bot.incident.model import PageAction
from bot.incident.paging.rules import paged_at
from bot.incident.paging.schedule import Reach, reach
from bot.incident.state import Incident


def reach_words(incident: Incident) -> str:
    """How far the page has come, as a phrase: for the card, the terminal and the report alike."""
    if not incident.traits.pages and paged_at(incident) is None:
        return _planned_words(incident)
    match reach(incident):
        case Reach.WAITING:
            return "not paged yet"
        case Reach.NOBODY:
            return f"NO ONE REACHED: {_page_trouble(incident)}"
        case Reach.SENT:
            fallback, over = incident.page.triggered_at is None, _over(incident)
            taken = "the fallback paged" if fallback else f"on-call {'was' if over else 'is being'} paged"
            return f"{taken}, {'not acknowledged' if over else 'not acknowledged yet'}"
        case Reach.ANSWERED:
            unsent = "" if paged_at(incident) is not None else ", but no pager accepted the page"
            return f"answered by {incident.answered_by}{unsent}"


def _planned_words(incident: Incident) -> str:
    """Where nothing leaked there is no page that someone could answer, but an alert for each thing that gets worse."""
    for page in (incident.page, incident.fallback):
        if page.alerts_sent:
            return "on-call was paged for what got worse"
    if incident.alerts and incident.lane(PAGE_LANE).failure is not None:
        return f"NO ONE REACHED: {_page_trouble(incident)}"
    return "no page unless something gets worse"


def _over(incident: Incident) -> bool:
    """Whether paging has ended."""
    return not (incident.page.up or incident.fallback.up)


def _page_trouble(incident: Incident) -> str:
    first, second = incident.lane(PAGE_LANE).failure, incident.lane(FALLBACK_LANE).failure
    first_words = first.message if first is not None else "the page was not sent"
    if incident.fallback.missing:
        return f"{first_words}; no fallback is set up"
    return f"{first_words}; {second.message if second is not None else 'the fallback has not paged yet'}"


_PAGED = {
    PageAction.NOTE: "updated the page",
    PageAction.NONE: "found no other pager set up",
    PageAction.TRIGGER: "paged on-call",
    PageAction.ACKNOWLEDGE: "acknowledged the page",
    PageAction.RESOLVE: "resolved the page",
    PageAction.ASK: "paged for a second person",
    PageAction.ANSWERED: "resolved the page for a second person",
    PageAction.ALERT: "paged on-call for what got worse",
    PageAction.ALERT_OVER: "resolved the page for what got worse",
}


def page_words(event: e.PageSent) -> str:
    """The text for the pager, after the bot's name."""
    by = ", by the fallback" if event.fallback and event.action != PageAction.NONE else ""
    return f"{_PAGED[event.action]}{by}"
