"""How standing down begins and ends."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import alert, milestone, replace
from bot.incident.lanes import FALLBACK_LANE, PAGE_LANE
from bot.incident.model import By
from bot.incident.paging.state import PageState
from bot.incident.standing_down.events import StandingDownEvent
from bot.incident.standing_down.rules import abuses
from bot.incident.standing_down.state import Rest
from bot.incident.state import Incident

STOOD_DOWN = "the responders have stood down"


def evolve(incident: Incident, event: StandingDownEvent, by: By) -> Incident:
    match event:
        case e.StoodDown():
            # A note that could not be sent must not keep the page from being resolved.
            pages = {
                lane: replace(incident.lane(lane), failure=None, declined={}) for lane in (PAGE_LANE, FALLBACK_LANE)
            }
            rest = Rest(by, len(incident.alerts), abuses(incident))
            return milestone(replace(incident, stood_down=rest, lanes={**incident.lanes, **pages}), STOOD_DOWN)
        case e.StandDownEnded():
            return _awake(incident, event, by)
        case _:
            assert_never(event)


def _awake(incident: Incident, event: e.StandDownEnded, by: By) -> Incident:
    """Everybody is asleep: the page begins anew, and whoever does something answers it."""
    told = incident if event.why in incident.alerts[_known(incident) :] else alert(incident, event.why)
    page, fallback = _anew(told, incident.page), _anew(told, incident.fallback)
    awake = replace(told, stood_down=None, responded=None, raised=by, page=page, fallback=fallback)
    return milestone(awake, f"the responders are paged again: {event.why}")


def _known(incident: Incident) -> int:
    return incident.stood_down.alerts if incident.stood_down is not None else 0


def _anew(incident: Incident, page: PageState) -> PageState:
    """The alert that tells what has got worse is sent beside the new page, so that both wake somebody."""
    sent = min(page.alerts_sent, len(incident.alerts) - 1)
    return replace(page.anew(sent), notes_sent=page.notes_sent, missing=page.missing, tells=page.tells)
