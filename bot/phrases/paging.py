"""The page in words: how far it has come, who is on call, who has acknowledged, and what cannot be known of that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.incident import events as e
from bot.incident.lanes import FALLBACK_LANE, PAGE_LANE
from bot.incident.paging.schedule import Reach, paged_at, reach
from bot.incident.paging.state import PageState
from bot.incident.state import Incident
from bot.phrases.times import listed, moment

BOT = "The bot"
NO_KEY = "PagerDuty does not tell who is on call or who acknowledges: set BOT_PAGERDUTY_API_KEY"


def reach_words(incident: Incident) -> str:
    """How far the page has come, as a phrase: for the card, the terminal and the report alike."""
    if not incident.answers.pages and paged_at(incident) is None:
        return _planned_words(incident)
    match reach(incident):
        case Reach.WAITING:
            return "nobody has been paged yet"
        case Reach.NOBODY:
            return f"NOBODY HAS BEEN REACHED: {_page_trouble(incident)}"
        case Reach.SENT:
            fallback, over = incident.page.triggered_at is None, _over(incident)
            taken = "the fallback paged" if fallback else f"on-call {'was' if over else 'is being'} paged"
            names = ", ".join(each.person or each.name for each in incident.page.on_call if each.level == 1)
            return (
                f"{taken}{f' ({names})' if names else ''}, {'nobody answered' if over else 'nobody has answered yet'}"
            )
        case Reach.ANSWERED:
            unsent = "" if paged_at(incident) is not None else ", though no pager has taken the page"
            said = [each for each in incident.page.acknowledged if incident.raised.name not in {each.person, each.name}]
            there = ", ".join(f"{each.who} {each.at:%H:%M} UTC" for each in said)
            acknowledged = f"; acknowledged in PagerDuty: {there}" if there else ""
            return f"answered by {incident.answered_by}{acknowledged}{unsent}"


def _planned_words(incident: Incident) -> str:
    """Where nothing leaked there is no page that somebody could answer, but an alert for each thing that gets worse."""
    for page in (incident.page, incident.fallback):
        if page.alerts_sent and (page.alerts_open or page.resolved_at is not None):
            return "on-call was paged for what got worse"
    if incident.alerts and incident.lane(PAGE_LANE).failure is not None:
        return f"NOBODY HAS BEEN REACHED: {_page_trouble(incident)}"
    return "nobody is paged unless something gets worse"


def _over(incident: Incident) -> bool:
    """Whether nobody is paged any longer: people have stood down, or closed it."""
    return incident.stood_down is not None or not incident.open


def _page_trouble(incident: Incident) -> str:
    first, second = incident.lane(PAGE_LANE).failure, incident.lane(FALLBACK_LANE).failure
    first_words = first.message if first is not None else "the page was not sent"
    if incident.fallback.missing:
        return f"{first_words}; no fallback is set up"
    return f"{first_words}; {second.message if second is not None else 'the fallback has not paged yet'}"


def people_words(incident: Incident, time: Callable[[datetime], str] = moment) -> tuple[str, ...]:
    """One line each: who is on call, who has acknowledged at the pager, how far up the policy it is paging, and what
    nobody can know here. Empty before the pager was asked.
    """
    page = incident.page
    if not page.tells:
        return (NO_KEY,)
    if page.looked_at is None:
        return ()
    said = [f"{each.who}{_raised(incident, each.person or each.name)} {time(each.at)}" for each in page.acknowledged]
    acknowledged = f"Acknowledged in PagerDuty: {', '.join(said)}" if said else ""
    hidden = tuple(f"PagerDuty does not tell {each}" for each in page.hidden)
    return tuple(
        filter(
            None,
            (
                on_call_words(page),
                acknowledged,
                _level_words(page, "was" if _over(incident) or incident.answered_by else "is being"),
                *hidden,
            ),
        )
    )


def on_call_words(page: PageState) -> str:
    """Level by level; empty where it is not known."""
    levels: dict[int, list[str]] = {}
    for each in page.on_call:
        levels.setdefault(each.level, []).append(each.person or each.name)
    shown = [f"{', '.join(names)} (level {level})" for level, names in sorted(levels.items())]
    return f"On call: {'; '.join(shown)}" if shown else ""


def _raised(incident: Incident, name: str) -> str:
    return " (who raised it)" if name == incident.raised.name else ""


def _level_words(page: PageState, how: str) -> str:
    if page.no_further:
        return f"No further level is paged: {page.no_further}"
    return f"Level {page.level} of the escalation policy {how} paged" if page.level > 1 else ""


def page_words(event: e.PageSent | e.PageUnanswered | e.PageLooked | e.PageEscalated) -> str | None:
    """None for a look at the pager at which nobody had acknowledged."""
    match event:
        case e.PageUnanswered():
            return f"{BOT} paged on-call anew: nobody has answered the page"
        case e.PageLooked():
            names = [each.who for each in event.acknowledged]
            return f"{BOT} read at the pager that {listed(names)} acknowledged the page" if names else None
        case e.PageEscalated():
            if event.why_not:
                return f"{BOT} could not page level {event.level} of the escalation policy: {event.why_not}"
            return f"{BOT} paged level {event.level} of the escalation policy: {listed(event.whom)}"
        case e.PageSent(action="look"):
            return f"{BOT} read at the pager that {event.by} has acknowledged the page" if event.by else None
        case _:
            by = ", by the fallback" if event.fallback and event.action != "none" else ""
            return f"{_paged(event.action)}{by}"


def _paged(action: str) -> str:
    match action:
        case "none":
            return f"{BOT} found no other pager set up"
        case "trigger":
            return f"{BOT} paged on-call"
        case "acknowledge":
            return f"{BOT} acknowledged the page"
        case "acknowledge-alerts":
            return f"{BOT} acknowledged what on-call was paged anew for"
        case "resolve":
            return f"{BOT} resolved the page"
        case "ask":
            return f"{BOT} paged for a second person"
        case "answered":
            return f"{BOT} resolved the page for a second person"
        case "cannot-tell":
            return f"{BOT} cannot read at the pager who acknowledges: no key that reads is set up"
        case "alert":
            return f"{BOT} paged on-call anew"
        case _:
            return f"{BOT} updated the PagerDuty incident"
