"""`decide`: an incident and a command make the events that follow, or a refusal that says why. Pure.

What is decided on a command, and who may give it, stands in `decide.py` of its subject.
"""

from __future__ import annotations

from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import handover, narrative, routine, severity, team, trust
from bot.incident.access import decide as access
from bot.incident.approval import decide as approval
from bot.incident.approval.basis import KILLS_BY_ONE
from bot.incident.asked import Asked, Events
from bot.incident.closing import decide as closing
from bot.incident.declaration import decide as declaration
from bot.incident.departure import decide as departure
from bot.incident.new_value import decide as new_value
from bot.incident.obligations import decide as obligations
from bot.incident.old_value import decide as old_value
from bot.incident.overlap import decide as overlap
from bot.incident.paging import decide as paging
from bot.incident.record import decide as record
from bot.incident.refusals import Declined
from bot.incident.state import Incident
from bot.incident.steps import decide as steps
from bot.incident.steps.rules import demand_allowed
from bot.incident.updates import decide as updates
from bot.incident.work import decide as work


def decide(incident: Incident | None, envelope: c.Envelope, free: int = KILLS_BY_ONE) -> Events:
    """The events that the command causes, in order; none if it changes nothing.

    `free` is how many kills one responder each may still decide in the incident's environment: at most so many
    `KillRequested` come back with a slot. A person's command that cannot be carried out gives one `CommandRefused`.
    ValueError: any command but `Declare` on an incident that does not exist.
    """
    body, asked = envelope.body, Asked(envelope.actor, envelope.at, free)
    if incident is None:
        if isinstance(body, c.Declare):
            return declaration.declare(body, asked)
        raise ValueError("there is no such incident")
    try:
        return _decided(incident, body, asked)
    except Declined as declined:
        return (e.CommandRefused(c.name_of(body), str(declined)),)


def _decided(incident: Incident, body: c.Command, asked: Asked) -> Events:
    if type(body) in routine.refused_in(incident):
        raise Declined(routine.declined(incident))
    demand_allowed(incident, body)
    if isinstance(body, c.WorkCommand):
        return work.decide(incident, body, asked)
    if isinstance(body, c.DeclarationCommand):
        return declaration.decide(incident, body, asked)
    if isinstance(body, c.OldValueCommand):
        return old_value.decide(incident, body, asked)
    if isinstance(body, c.NewValueCommand):
        return new_value.decide(incident, body, asked)
    if isinstance(body, c.OverlapCommand):
        return overlap.decide(incident, body, asked)
    if isinstance(body, c.ApprovalCommand):
        return approval.decide(incident, body, asked)
    if isinstance(body, c.AccessCommand):
        return access.decide(incident, body, asked)
    if isinstance(body, c.StepsCommand):
        return steps.decide(incident, body, asked)
    if isinstance(body, c.TeamCommand):
        return team.decide(incident, body, asked)
    if isinstance(body, c.UpdatesCommand):
        return updates.decide(incident, body, asked)
    if isinstance(body, c.PagingCommand):
        return paging.decide(incident, body, asked)
    if isinstance(body, c.RecordCommand):
        return record.decide(incident, body, asked)
    if isinstance(body, c.ObligationsCommand):
        return obligations.decide(incident, body, asked)
    if isinstance(body, c.SeverityCommand):
        return severity.decide(incident, body, asked)
    if isinstance(body, c.ClosingCommand):
        return closing.decide(incident, body, asked)
    if isinstance(body, c.NarrativeCommand):
        return narrative.decide(incident, body, asked)
    if isinstance(body, c.TrustCommand):
        return trust.decide(incident, body)
    if isinstance(body, c.DepartureCommand):
        return departure.decide(incident, body, asked)
    if isinstance(body, c.HandoverCommand):
        return handover.decide(incident, body)
    assert_never(body)
