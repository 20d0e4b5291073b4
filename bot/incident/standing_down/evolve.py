"""How standing down begins and ends."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import alert, milestone, replace
from bot.incident.model import By
from bot.incident.paging.state import PageState
from bot.incident.standing_down.events import StandingDownEvent
from bot.incident.standing_down.rules import abuses
from bot.incident.standing_down.state import Rest
from bot.incident.state import Incident
from bot.incident.work.lanes import pages_healed

STOOD_DOWN = "the responders have stood down"


def evolve(incident: Incident, event: StandingDownEvent, by: By) -> Incident:
    match event:
        case e.StoodDown():
            rest = Rest(by, len(incident.alerts), abuses(incident))
            return milestone(replace(pages_healed(incident), stood_down=rest), STOOD_DOWN)
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
