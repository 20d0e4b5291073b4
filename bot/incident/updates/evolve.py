"""How what is known of status updates changes."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import replace, responded
from bot.incident.model import By
from bot.incident.state import Incident
from bot.incident.updates.events import UpdatesEvent
from bot.incident.updates.rules import state_of
from bot.incident.updates.state import Draft, Skipped


def evolve(incident: Incident, event: UpdatesEvent, by: By) -> Incident:
    state = state_of(incident, event.audience)
    match event:
        case e.UpdateDrafted():
            released = by.at if event.released else None
            draft = Draft(event.number, event.milestone, event.text, by.at, released)
            state = replace(state, draft=draft, told={**state.told, **event.tells})
        case e.UpdateReleased():
            assert state.draft is not None
            state = replace(state, draft=replace(state.draft, text=event.text, released_at=by.at))
        case e.UpdateSkipped():
            assert state.draft is not None
            skipped = Skipped(by, event.number, event.reason)
            state = replace(state, draft=replace(state.draft, skipped=skipped), skipped=skipped)
        case e.UpdateSent(missing=""):
            missing = {target: why for target, why in state.missing.items() if target != event.target}
            sent = {**state.sent, event.target: event.number}
            state = replace(state, sent=sent, missing=missing, sent_at=by.at)
        case e.UpdateSent():
            state = replace(state, missing={**state.missing, event.target: event.missing})
        case _:
            assert_never(event)
    after = replace(incident, updates={**incident.updates, event.audience: state})
    return responded(after, by) if isinstance(event, e.UpdatesByPerson) else after
