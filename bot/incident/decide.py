"""`decide`: an incident and a command make events, or a refusal with its reason. Pure.

The decision on each command, and who may give it, is in `decide.py` of its subject.
"""

from __future__ import annotations

from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import handover, hold, narrative, routine, taking, team, trust
from bot.incident.access import decide as access
from bot.incident.access import sessions
from bot.incident.approval import decide as approval
from bot.incident.approval.basis import KILLS_BY_ONE
from bot.incident.asked import Asked, Events
from bot.incident.closing import decide as closing
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
    if isinstance(body, c.WorkCommand):
        return work.decide(incident, body, asked)
    if isinstance(body, c.DeclarationCommand):
        return declaration.decide(incident, body, asked)
    if isinstance(body, c.OldValueCommand | c.OldValueAnswer):
        return old_value.decide(incident, body, asked)
    if isinstance(body, c.NewValueCommand | c.NewValueAnswer):
        return new_value.decide(incident, body, asked)
    if isinstance(body, c.OverlapCommand):
        return overlap.decide(incident, body, asked)
    if isinstance(body, c.ApprovalCommand | c.ProposalAnswer):
        return approval.decide(incident, body, asked)
    if isinstance(body, c.AccessAnswer):
        return access.decide(incident, body, asked)
    if isinstance(body, c.AccessCommand):
        return sessions.decide(incident, body, asked)
    if isinstance(body, c.StepsCommand | c.StepsAnswer):
        return steps.decide(incident, body, asked)
    if isinstance(body, c.TakingCommand):
        return taking.decide(incident, body, asked)
    if isinstance(body, c.TeamCommand):
        return team.decide(incident, body, asked)
    if isinstance(body, c.UpdatesAnswer):
        return updates.decide(incident, body, asked)
    if isinstance(body, c.PagingCommand):
        return paging.decide(incident, body, asked)
    if isinstance(body, c.RecordCommand):
        return record.decide(incident, body, asked)
    if isinstance(body, c.ObligationsCommand | c.NoticeAnswer):
        return obligations.decide(incident, body, asked)
    if isinstance(body, c.HoldCommand):
        return hold.decide(incident, body, asked)
    if isinstance(body, c.ClosingCommand):
        return closing.decide(incident, body, asked)
    if isinstance(body, c.NarrativeCommand):
        return narrative.decide(incident, body, asked)
    if isinstance(body, c.TrustCommand):
        return trust.decide(incident, body)
    if isinstance(body, c.DepartureCommand):
        return departure.decide(incident, body, asked)
    if isinstance(body, c.HandoverCommand):
        return handover.decide(incident, body, asked)
    if isinstance(body, c.Settle):
        raise Declined("An answer cannot hold other answers.")
    assert_never(body)
