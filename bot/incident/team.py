"""Who leads the response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.changes import replace, responded
from bot.incident.commands import Asked, Events, TeamCommand
from bot.incident.events import TeamEvent
from bot.incident.model import Actor, By, Right
from bot.incident.offer import NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.refusals import Declined, clean, demand_responder
from bot.incident.state import Incident, Offered

# How the command changes hands.


def evolve(incident: Incident, event: TeamEvent, by: By) -> Incident:
    team = incident.team
    match event:
        case e.RoleOffered():
            team = replace(team, offered=Offered(event.to, by, event.note))
        case e.RoleAccepted() | e.RoleTaken():
            team = replace(team, leads=by, offered=None)
        case e.RoleDeclined():
            team = replace(team, offered=None)
        case _:
            assert_never(event)
    return responded(replace(incident, team=team), by)


def commanded(incident: Incident, event: e.SecretAdded, by: By) -> Incident:
    """A declaring responder commands at first; the declaration records their rights."""
    first = by == incident.declared and Right.RESPOND in event.rights
    if not first or incident.commander:
        return incident
    return replace(incident, team=replace(incident.team, leads=by))


# Decisions on it. A commander who does not answer delays no one: the command can be taken over, with a reason.


def decide(incident: Incident, body: TeamCommand, asked: Asked) -> Events:
    demand_responder(incident, asked.actor)
    match body:
        case c.HandOver():
            return _hand_over(incident, body, asked.actor)
        case c.AcceptRole():
            return _accept(incident, asked.actor)
        case c.DeclineRole(reason):
            return _decline(incident, reason, asked.actor)
        case c.TakeRole(reason):
            return _take(incident, reason, asked.actor)
        case _:
            assert_never(body)


def _hand_over(incident: Incident, body: c.HandOver, actor: Actor) -> Events:
    """By the commander; any responder if there is none; and always a person with `command`."""
    commander = incident.commander
    if commander not in {"", actor.name} and not actor.may(Right.COMMAND):
        raise Declined(f"{commander} is the commander: ask them to hand over, or take over with a reason.")
    if not body.to.strip():
        raise Declined("Name the new commander.")
    if body.to == commander:
        raise Declined(f"{commander} is already the commander.")
    if body.to == actor.name:
        raise Declined("You can't hand the role to yourself. Take it with `bot people take INCIDENT`.")
    return (e.RoleOffered(clean(body.to, "name"), clean(body.note, "note") if body.note.strip() else ""),)


def _accept(incident: Incident, actor: Actor) -> Events:
    offered = _offered(incident)
    if offered.to != actor.name:
        raise Declined(f"The commander role was offered to {offered.to}. Only they can accept it.")
    return (e.RoleAccepted(incident.commander),)


def _decline(incident: Incident, reason: str, actor: Actor) -> Events:
    offered = _offered(incident)
    if actor.name not in {offered.to, offered.by.name}:
        raise Declined(f"{offered.by.name} offered the commander role to {offered.to}. They must answer.")
    return (e.RoleDeclined(clean(reason, "reason"), actor.name != offered.to),)


def _offered(incident: Incident) -> Offered:
    if incident.team.offered is None:
        raise Declined("No one was offered the commander role.")
    return incident.team.offered


def _take(incident: Incident, reason: str, actor: Actor) -> Events:
    before = incident.commander
    if before == actor.name:
        raise Declined("You are already the commander.")
    said = clean(reason, "reason") if before or reason.strip() else ""
    return (e.RoleTaken(said, before),)


def offers(incident: Incident) -> Iterator[Offer]:
    commander = incident.commander
    own = (Who(frozenset({Right.RESPOND}), only=frozenset({commander})),) if commander else RESPONDER
    both = (Who(frozenset({Right.RESPOND, Right.COMMAND})), *own)
    yield Offer(c.HandOver, None, "", "someone else should be the commander", both)
    if offered := incident.team.offered:
        asked = f"{offered.by.name} wants to hand the commander role to {offered.to}"
        to = (Who(frozenset({Right.RESPOND}), only=frozenset({offered.to})),)
        either = (Who(frozenset({Right.RESPOND}), only=frozenset({offered.to, offered.by.name})),)
        yield Offer(c.AcceptRole, c.AcceptRole(), "", asked, to, NEEDED)
        yield Offer(c.DeclineRole, c.DeclineRole(""), "", asked, either)
    if commander:
        other = (Who(frozenset({Right.RESPOND}), excluded=frozenset({commander})),)
        yield Offer(c.TakeRole, c.TakeRole(""), "", f"{commander} does not answer", other, POSSIBLE)
    else:
        yield Offer(c.TakeRole, c.TakeRole(""), "", "there is no commander", RESPONDER, SENSIBLE)
