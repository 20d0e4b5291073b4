"""`decide`: an incident and a command make events, or a refusal with its reason. Pure.

The decision on each command, and who may give it, is in `decide.py` of its subject.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import handover, hold, narrative, routine, taking, team, trust
from bot.incident.access import decide as access
from bot.incident.access import sessions
from bot.incident.approval import decide as approval
from bot.incident.approval.basis import KILLS_BY_ONE
from bot.incident.closing import decide as closing
from bot.incident.commands import Asked, Events
from bot.incident.declaration import decide as declaration
from bot.incident.departure import decide as departure
from bot.incident.evolve import evolve
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
from bot.incident.stored import by_kind
from bot.incident.updates import decide as updates
from bot.incident.work import decide as work


def decide(incident: Incident | None, envelope: c.Envelope, free: int = KILLS_BY_ONE) -> Events:
    """The events of the command, in order; none if it changes nothing.

    `free` is how many revocations one responder each may still decide in the incident's environment: at most so many
    `KillRequested` have a slot. A person's impossible command gives one `CommandRefused`, and so does each row of a
    `Settle`. ValueError: any command except `Declare` for an incident that does not exist.
    """
    body, asked = envelope.body, Asked(envelope.actor, envelope.at, free)
    if incident is None:
        if isinstance(body, c.Declare):
            return declaration.declare(body, asked)
        raise ValueError("there is no such incident")
    return _settled(incident, body, asked) if isinstance(body, c.Settle) else _asked(incident, body, asked)


def _settled(incident: Incident, body: c.Settle, asked: Asked) -> Events:
    """Each row alone, in the incident as the rows before it have left it."""
    if len(body.rows) > c.MOST_ROWS:
        return (e.CommandRefused(c.name_of(body), f"At most {c.MOST_ROWS} answers fit into one command."),)
    if len({isinstance(row, c.NoticeAnswer) for row in body.rows}) > 1:
        return (e.CommandRefused(c.name_of(body), "Answer notices together with notices only. Nothing was recorded."),)
    if len(body.rows) == 1:
        return _asked(incident, body.rows[0], asked)
    if any(isinstance(row, c.Decision) for row in body.rows):
        return (e.CommandRefused(c.name_of(body), "Decide about each alone. Nothing was recorded."),)
    told: list[e.Event] = []
    for row in body.rows:
        named = access.alone(row)
        for event in (_by_itself(row, named),) if named else _asked(incident, row, asked):
            told.append(event)
            incident = evolve(incident, e.Recorded(incident.seq + 1, asked.at, asked.actor.name, event))
    return tuple(told)


def _by_itself(row: c.Act, named: str) -> e.CommandRefused:
    """One note for many would hide what was found in one place."""
    return e.CommandRefused(c.name_of(row), f"{named} was not recorded. Answer it alone, with its own note.")


def _asked(incident: Incident, act: c.Act, asked: Asked) -> Events:
    try:
        return _decided(incident, act, asked)
    except Declined as declined:
        return (e.CommandRefused(c.name_of(act), str(declined)),)


def _decided(incident: Incident, body: c.Act, asked: Asked) -> Events:
    if type(body) in routine.refused_in(incident):
        raise Declined(routine.declined(incident))
    demand_allowed(incident, body)
    if isinstance(body, c.Settle):
        raise Declined("An answer cannot hold other answers.")
    return OF_SUBJECT[type(body)](incident, body, asked)


OF_SUBJECT: Mapping[type, Callable[[Incident, Any, Asked], Events]] = by_kind(
    (c.WorkCommand, work.decide),
    (c.DeclarationCommand, declaration.decide),
    (c.OldValueCommand | c.OldValueAnswer, old_value.decide),
    (c.NewValueCommand | c.NewValueAnswer, new_value.decide),
    (c.OverlapCommand, overlap.decide),
    (c.ApprovalCommand | c.ProposalAnswer, approval.decide),
    (c.AccessAnswer, access.decide),
    (c.AccessCommand, sessions.decide),
    (c.StepsCommand | c.StepsAnswer, steps.decide),
    (c.TakingCommand, taking.decide),
    (c.TeamCommand, team.decide),
    (c.UpdatesAnswer, updates.decide),
    (c.PagingCommand, paging.decide),
    (c.RecordCommand, record.decide),
    (c.ObligationsCommand | c.NoticeAnswer, obligations.decide),
    (c.HoldCommand, hold.decide),
    (c.ClosingCommand, closing.decide),
    (c.NarrativeCommand, narrative.decide),
    (c.TrustCommand, trust.decide),
    (c.DepartureCommand, departure.decide),
    (c.HandoverCommand, handover.decide),
)
