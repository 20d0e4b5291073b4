"""How the state of status updates changes."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.changes import replace, responded
from bot.incident.events import UpdatesEvent
from bot.incident.model import By
from bot.incident.state import Draft, Incident, Skipped
from bot.incident.updates.rules import audience_named, send_lane, state_of
from bot.incident.work.rules import put_lane


def evolve(incident: Incident, event: UpdatesEvent, by: By) -> Incident:
    state = state_of(incident, event.audience)
    match event:
        case e.UpdateDrafted():
            released = by.at if event.released else None
            draft = Draft(event.number, event.milestone, event.text, by.at, released, figures=event.figures)
            state = replace(state, draft=draft, told={**state.told, **event.tells})
        case e.UpdateReleased():
            assert state.draft is not None
            state = replace(state, draft=replace(state.draft, text=event.text, released_at=by.at))
        case e.UpdateSkipped():
            assert state.draft is not None
            skipped = Skipped(by, event.number, event.reason)
            state = replace(state, draft=replace(state.draft, skipped=skipped), skipped=skipped)
            incident = _not_tried_again(incident, event.audience)
        case e.UpdateSent(missing=""):
            missing = {target: why for target, why in state.missing.items() if target != event.target}
            sent = {**state.sent, event.target: event.number}
            state = replace(state, sent=sent, missing=missing, sent_at=by.at)
        case e.UpdateSent():
            state = replace(state, missing={**state.missing, event.target: event.missing})
        case _:
            assert_never(event)
    after = replace(incident, updates={**incident.updates, event.audience: state})
    return responded(after, by) if isinstance(event, e.UpdateReleased | e.UpdateSkipped) else after


def _not_tried_again(incident: Incident, audience: str) -> Incident:
    """A failed sending is not waited for once a person has skipped it."""
    named = audience_named(incident, audience)
    if named is None:
        return incident
    for target in named.channels:
        lane = send_lane(named, target)
        if (state := incident.lane(lane)).failure is not None:
            incident = put_lane(incident, lane, replace(state, failure=None))
    return incident
