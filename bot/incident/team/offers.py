"""Offers about roles."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.model import Right, Role
from bot.incident.offer import NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.state import Incident


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
