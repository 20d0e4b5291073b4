"""Who leads the response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.asked import Asked, Events
from bot.incident.changes import replace, responded
from bot.incident.commands import TeamCommand
from bot.incident.events import TeamEvent
from bot.incident.model import Actor, By, Right, Role
from bot.incident.offer import NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.refusals import Declined, clean, demand_responder
from bot.incident.state import Incident, Offered

# How roles change.


def evolve(incident: Incident, event: TeamEvent, by: By) -> Incident:
    team = incident.team
    match event:
        case e.RoleOffered():
            offered = {**team.offered, event.role: Offered(event.to, by, event.note)}
            team = replace(team, offered=offered)
        case e.RoleAccepted() | e.RoleTaken():
            roles = {**team.roles, event.role: by}
            team = replace(team, roles=roles, offered=_without(team.offered, event.role))
        case e.RoleDeclined():
            team = replace(team, offered=_without(team.offered, event.role))
        case _:
            assert_never(event)
    return responded(replace(incident, team=team), by)


def commanded(incident: Incident, event: e.SecretAdded, by: By) -> Incident:
    """Whoever declares it, and may respond, commands it at first: their rights stand with what they declared."""
    first = by == incident.declared and Right.RESPOND in event.rights
    if not first or incident.team.commander:
        return incident
    return replace(incident, team=replace(incident.team, roles={**incident.team.roles, Role.COMMANDER: by}))


def _without(offered: Mapping[Role, Offered], role: Role) -> Mapping[Role, Offered]:
    return {each: one for each, one in offered.items() if each != role}


# Decisions on roles. A commander who does not answer holds up nobody: the role can be taken over, with a reason.


def decide(incident: Incident, body: TeamCommand, asked: Asked) -> Events:
    demand_responder(incident, asked.actor)
    match body:
        case c.HandOver():
            return _hand_over(incident, body, asked.actor)
        case c.AcceptRole(role):
            return _accept(incident, role, asked.actor)
        case c.DeclineRole(role, reason):
            return _decline(incident, role, reason, asked.actor)
        case c.TakeRole(role, reason):
            return _take(incident, role, reason, asked.actor)
        case _:
            assert_never(body)


def may_hand_over(incident: Incident, role: Role, actor: Actor) -> bool:
    """Whoever has the role; of one that nobody has any responder; whoever may command, in any case."""
    return incident.team.holder(role) in {"", actor.name} or actor.may(Right.COMMAND)


def _hand_over(incident: Incident, body: c.HandOver, actor: Actor) -> Events:
    holder = incident.team.holder(body.role)
    if not may_hand_over(incident, body.role, actor):
        raise Declined(f"{holder} is the {body.role}: ask them to hand over, or take over with a reason.")
    if not body.to.strip():
        raise Declined(f"Say to whom the role of the {body.role} goes.")
    if body.to == holder:
        raise Declined(f"{holder} is the {body.role} already.")
    if body.to == actor.name:
        raise Declined(f"You cannot hand the role to yourself: take it with `bot role INCIDENT {body.role} take`.")
    return (e.RoleOffered(body.role, clean(body.to, "name"), clean(body.note, "note") if body.note.strip() else ""),)


def _accept(incident: Incident, role: Role, actor: Actor) -> Events:
    offered = incident.team.offered.get(role)
    if offered is None:
        raise Declined(f"Nobody has offered the role of the {role} to anybody.")
    if offered.to != actor.name:
        raise Declined(f"The role of the {role} was offered to {offered.to}: only they can accept it.")
    return (e.RoleAccepted(role, incident.team.holder(role)),)


def _decline(incident: Incident, role: Role, reason: str, actor: Actor) -> Events:
    offered = incident.team.offered.get(role)
    if offered is None:
        raise Declined(f"Nobody has offered the role of the {role} to anybody.")
    if actor.name not in {offered.to, offered.by.name}:
        raise Declined(f"The role of the {role} was offered to {offered.to} by {offered.by.name}: it is up to them.")
    return (e.RoleDeclined(role, clean(reason, "reason"), actor.name != offered.to),)


def _take(incident: Incident, role: Role, reason: str, actor: Actor) -> Events:
    holder = incident.team.holder(role)
    if holder == actor.name:
        raise Declined(f"You are the {role} already.")
    said = clean(reason, "reason") if holder or reason.strip() else ""
    return (e.RoleTaken(role, said, holder),)


# Offers about roles.


def roles(incident: Incident) -> Iterator[Offer]:
    for role in Role:
        yield from _of(incident, role)


def _of(incident: Incident, role: Role) -> Iterator[Offer]:
    holder = incident.team.holder(role)
    own = (Who(frozenset({Right.RESPOND}), only=frozenset({holder})),) if holder else RESPONDER
    both = (Who(frozenset({Right.RESPOND, Right.COMMAND})), *own)
    yield Offer(c.HandOver, None, role, f"somebody else is to be the {role}", both)
    if offered := incident.team.offered.get(role):
        asked = f"{offered.by.name} wants to hand the role of the {role} to {offered.to}"
        to = (Who(frozenset({Right.RESPOND}), only=frozenset({offered.to})),)
        either = (Who(frozenset({Right.RESPOND}), only=frozenset({offered.to, offered.by.name})),)
        yield Offer(c.AcceptRole, c.AcceptRole(role), role, asked, to, NEEDED)
        yield Offer(c.DeclineRole, c.DeclineRole(role, ""), role, asked, either)
    if holder:
        other = (Who(frozenset({Right.RESPOND}), excluded=frozenset({holder})),)
        yield Offer(c.TakeRole, c.TakeRole(role, ""), role, f"{holder} does not answer", other, POSSIBLE)
    else:
        yield Offer(c.TakeRole, c.TakeRole(role, ""), role, "nobody commands the response", RESPONDER, SENSIBLE)
