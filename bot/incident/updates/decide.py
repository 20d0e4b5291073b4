"""Decisions on status updates."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.commands import Asked, Events, UpdatesAnswer
from bot.incident.model import Right
from bot.incident.offer import NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.refusals import Declined, clean, demand, when
from bot.incident.state import Draft, Incident
from bot.incident.updates.rules import audience_named, draft_text, failed_to_reach, skippable, state_of, waiting_drafts


def decide(incident: Incident, body: UpdatesAnswer, asked: Asked) -> Events:
    """Also after the close, which is reported too."""
    demand(asked.actor, Right.RESPOND)
    commander = incident.commander
    if commander not in {"", asked.actor.name} and not asked.actor.may(Right.COMMAND):
        take = f"`bot people take {incident.id}`"
        raise Declined(f"{commander} is the commander and releases updates. Ask them, or take over: {take}.")
    return _release(incident, body) if isinstance(body, c.ReleaseUpdate) else _skip(incident, body)


def _draft(incident: Incident, body: UpdatesAnswer) -> Draft:
    """The named draft. Declined if there is none of this number."""
    if audience_named(incident, body.audience) is None:
        raise Declined(f"There is no audience {body.audience!r} of status updates here.")
    draft = state_of(incident, body.audience).draft
    if draft is None:
        raise Declined(f"No update to {body.audience} has been drafted yet.")
    if draft.number != body.number:
        raise Declined(f"Update {draft.number} to {body.audience} replaced this one. Look at that one.")
    if draft.skipped is not None:
        by = draft.skipped.by
        raise Declined(f"Update {draft.number} to {body.audience} was skipped {when(by)}. Nothing changed.")
    return draft


def _release(incident: Incident, body: c.ReleaseUpdate) -> Events:
    draft = _draft(incident, body)
    if draft.released_at is not None:
        raise Declined(f"Update {draft.number} to {body.audience} was already sent.")
    text = clean(body.text, "update")
    return (e.UpdateReleased(body.audience, draft.number, text, text != draft.text.strip()),)


def _skip(incident: Incident, body: c.SkipUpdate) -> Events:
    draft = _draft(incident, body)
    if not any(audience.name == body.audience for audience, _ in skippable(incident)):
        raise Declined(f"Update {draft.number} to {body.audience} was already sent.")
    return (e.UpdateSkipped(body.audience, draft.number, clean(body.reason, "reason")),)


# Offers about status updates.


def updates(incident: Incident) -> Iterator[Offer]:
    """Offers to read a draft and send it: for the commander, or a person with `command`."""
    commander = incident.commander
    own = (Who(frozenset({Right.RESPOND}), only=frozenset({commander})),) if commander else RESPONDER
    who = (Who(frozenset({Right.RESPOND, Right.COMMAND})), *own)
    for audience, number in waiting_drafts(incident):
        reason = f"The update to {audience.name} waits: read it, edit it, send it"
        body = c.ReleaseUpdate(audience.name, number, draft_text(incident, audience.name))
        yield Offer(c.ReleaseUpdate, body, audience.name, reason, who, NEEDED)
    for audience, number in skippable(incident):
        failed = failed_to_reach(incident, audience)
        reason = (
            f"The update to {audience.name} cannot be sent: tell them another way, and record how"
            if failed
            else f"The update to {audience.name} need not go out, or not to everyone"
        )
        skip = c.SkipUpdate(audience.name, number, "")
        yield Offer(c.SkipUpdate, skip, audience.name, reason, who, SENSIBLE if failed else POSSIBLE)
