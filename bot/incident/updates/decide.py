"""Decisions on status updates."""

from __future__ import annotations

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.asked import Asked, Events
from bot.incident.model import Right
from bot.incident.refusals import Declined, clean, demand
from bot.incident.state import Incident
from bot.incident.steps.rules import blockers
from bot.incident.updates.commands import UpdatesCommand
from bot.incident.updates.rules import audience_named, state_of
from bot.model.playbooks import Action


def decide(incident: Incident, body: UpdatesCommand, asked: Asked) -> Events:
    """Also after the close, of which others are told too."""
    demand(asked.actor, Right.RESPOND)
    commander = incident.commander
    if commander not in {"", asked.actor.name} and not asked.actor.may(Right.COMMAND):
        take = f"`bot role {incident.id} commander take`"
        raise Declined(f"{commander} is the commander and lets updates go out. Ask them, or take over: {take}.")
    return _release(incident, body)


def _release(incident: Incident, body: c.ReleaseUpdate) -> Events:
    if audience_named(incident, body.audience) is None:
        raise Declined(f"There is no audience {body.audience!r} of status updates here.")
    draft = state_of(incident, body.audience).draft
    if draft is None:
        raise Declined(f"No update to {body.audience} has been drafted yet.")
    if draft.number != body.number:
        raise Declined(f"Things have moved on: update {draft.number} to {body.audience} takes its place. Look at that.")
    if draft.released_at is not None:
        raise Declined(f"Update {draft.number} to {body.audience} has gone out already.")
    text = clean(body.text, "update")
    return (e.UpdateReleased(body.audience, draft.number, text, text != draft.text.strip()),)


def told(incident: Incident) -> Events:
    """The step “Tell the team” is done by itself once everybody was told whom the playbook names."""
    if not incident.playbook.audience:
        return ()
    steps = [step for step in incident.steps if Action.ANNOUNCE in step.definition.actions and not step.over]
    return tuple(e.StepDone(step.definition.id) for step in steps if not blockers(incident, step))
