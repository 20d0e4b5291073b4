"""Who does which work by hand: a person takes a to-do, so that two people do not make two keys.

It locks nothing: another person may still act, or take it over, and sees who has it. A settled to-do is no longer
taken, so that it is free if it comes back.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.plan import being_checked, to_revoke_by_hand
from bot.incident.changes import replace, responded
from bot.incident.commands import Asked, Events, TakingCommand
from bot.incident.events import TakingEvent
from bot.incident.model import By, Right
from bot.incident.new_value.promotion import awaits_person
from bot.incident.offer import Offer, Who
from bot.incident.record.rules import NO_ABUSE, abuse_assessed
from bot.incident.refusals import Declined, demand_responder, when
from bot.incident.state import Incident, SecretState
from bot.incident.steps.rules import IMPACT, ROOT_CAUSE, impact_known, root_cause_known

BY_HAND, NEW_KEY, STUCK, FINDING, UNDO = "by-hand", "new-key", "stuck", "finding", "undo"
"""Kinds of to-dos that are work by hand, and can be taken."""

# What there is to take.


def of_incident(incident: Incident) -> Iterator[str]:
    """The ids of open to-dos that belong to no single secret."""
    if not incident.open:
        return
    if incident.traits.investigates:
        known = {
            IMPACT: impact_known(incident),
            ROOT_CAUSE: root_cause_known(incident),
            NO_ABUSE: abuse_assessed(incident),
        }
        yield from (f"{FINDING}:{what}" for what, said in known.items() if not said)
    yield from (f"{STUCK}:{lane}" for lane, state in incident.lanes.items() if state.failed_for_good)


def of_secret(incident: Incident, secret: SecretState) -> Iterator[str]:
    """The ids of open work by hand for this secret, without claims that are being checked."""
    if not incident.open:
        return
    if to_revoke_by_hand(incident, secret) and not being_checked(secret):
        yield f"{BY_HAND}:{secret.name}"
    if awaits_person(incident, secret):
        yield f"{NEW_KEY}:{secret.name}"
    yield from (f"{UNDO}:{secret.name}/{check.item}" for check in secret.open_checks if check.undo is not None)


def _open(incident: Incident, todo: str) -> bool:
    secret = incident.secrets.get(todo.partition(":")[2].partition("/")[0])
    return (secret is not None and todo in of_secret(incident, secret)) or todo in of_incident(incident)


# How it changes.


def evolve(incident: Incident, event: TakingEvent, by: By) -> Incident:
    taken = {name: who for name, who in incident.taken.items() if name != event.todo}
    if isinstance(event, e.TodoTaken):
        taken[event.todo] = by
    return responded(replace(incident, taken=taken), by)


def settled(incident: Incident) -> Incident:
    """Without to-dos that are no longer open, or whose person the installation no longer trusts."""
    if not incident.taken:
        return incident
    left = {
        todo: by
        for todo, by in incident.taken.items()
        if by.name not in incident.trust.people and _open(incident, todo)
    }
    return incident if len(left) == len(incident.taken) else replace(incident, taken=left)


# Decisions on it.


def decide(incident: Incident, body: TakingCommand, asked: Asked) -> Events:
    demand_responder(incident, asked.actor)
    todo, has = body.todo, incident.taken.get(body.todo)
    if isinstance(body, c.TakeTodo):
        if not _open(incident, todo):
            raise Declined(f"{todo} is not open, so there is nothing to take. Nothing changed.")
        if has is not None and has.name == asked.actor.name:
            raise Declined("You have taken it already.")
        return (e.TodoTaken(todo, has.name if has is not None else ""),)
    if has is None:
        raise Declined(f"{todo} is not taken. Nothing changed.")
    if has.name != asked.actor.name:
        raise Declined(f"{todo} was taken {when(has)}. Take it over if they cannot do it.")
    return (e.TodoReturned(todo),)


# Offers of it.


def offers(incident: Incident, todos: Iterator[str], secret: str = "") -> Iterator[Offer]:
    """To take each of these, or to take it over; and for who has it to give it back."""
    for todo in todos:
        has = incident.taken.get(todo)
        others = frozenset({has.name}) if has is not None else frozenset()
        reason = f"{has.name} has taken it" if has is not None else "so no one else does the same"
        who = (Who(frozenset({Right.RESPOND}), excluded=others),)
        yield Offer(c.TakeTodo, c.TakeTodo(todo), todo, reason, who, secret=secret)
        if has is not None:
            own = (Who(frozenset({Right.RESPOND}), only=others),)
            yield Offer(c.ReturnTodo, c.ReturnTodo(todo), todo, "if someone else is to do it", own, secret=secret)
