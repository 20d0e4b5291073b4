"""*Hold all revocations*: one person who may command says stop, and two say go on. Meanwhile nothing is revoked.
A legal hold keeps evidence from retention, also after the close; counsel sets and lifts it.

What holds is one rule, `order.kill_hold`, which every way to a revocation asks: a plan, the end of an overlap, broken
glass, a planned run. What is under way when the hold comes cannot be called back, and is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import RESUMPTION, propose
from bot.incident.changes import milestone, replace, responded
from bot.incident.commands import Asked, Events, HoldCommand
from bot.incident.events import HoldEvent
from bot.incident.model import By, Right
from bot.incident.offer import COMMANDER, COUNSEL, NEEDED, Offer, Who
from bot.incident.operations import Op
from bot.incident.refusals import Declined, clean, demand, demand_open, when
from bot.incident.state import Hold, Incident, Proposal

# How it changes.


def evolve(incident: Incident, event: HoldEvent, by: By) -> Incident:
    match event:
        case e.RevocationsHeld():
            held = replace(incident, hold=Hold(event.reason, by))
            return responded(milestone(held, "all revocations are held"), by)
        case e.RevocationsResumed():
            return responded(milestone(replace(incident, hold=None), "revocations are resumed"), by)
        case e.EvidenceHeld():
            return replace(incident, legal_hold=Hold(event.reason, by) if event.held else None)
        case _:
            assert_never(event)


def under_way(incident: Incident) -> tuple[str, ...]:
    """The secrets whose revocation had begun, and continues."""
    return tuple(claim.lane.subject for claim in incident.held.values() if claim.op is Op.REVOKE)


# Decisions on it.


def decide(incident: Incident, body: HoldCommand, asked: Asked) -> Events:
    if not isinstance(body, c.HoldEvidence):
        demand_open(incident)
    match body:
        case c.HoldRevocations():
            demand(asked.actor, Right.COMMAND)
            demand_none(incident)
            return (e.RevocationsHeld(clean(body.reason, "reason")),)
        case c.ResumeRevocations():
            demand(asked.actor, Right.RESPOND)
            if incident.hold is None:
                raise Declined("Revocations are not held. Nothing changed.")
            return (propose(incident, RESUMPTION, "all revocations", clean(body.reason, "reason"), asked),)
        case c.HoldEvidence():
            demand(asked.actor, Right.COUNSEL)
            if body.held is (incident.legal_hold is not None):
                raise Declined(f"Evidence is {'already' if body.held else 'not'} under a legal hold. Nothing changed.")
            return (e.EvidenceHeld(clean(body.reason, "reason"), body.held),)
        case _:
            assert_never(body)


def demand_none(incident: Incident) -> None:
    """Declined while revocations are held."""
    if incident.hold is not None:
        held, by = incident.hold, when(incident.hold.by)
        raise Declined(f"All revocations were held {by}: {held.reason}. Two people must resume them. Nothing changed.")


def resumption_agreed(incident: Incident, proposal: Proposal) -> e.RevocationsResumed:
    if incident.hold is None:
        raise Declined("Revocations are no longer held. Nothing changed.")
    return e.RevocationsResumed(proposal.reason, proposal.by)


# Offers of it.


def offers(incident: Incident) -> Iterator[Offer]:
    lift = incident.legal_hold is not None
    why = "if evidence may be deleted again" if lift else "if evidence must be kept, as counsel says"
    yield Offer(c.HoldEvidence, c.HoldEvidence("", not lift), "", why, COUNSEL)
    if incident.hold is None:
        reason = "if no key may be revoked now: law enforcement, or the wrong environment"
        yield Offer(c.HoldRevocations, c.HoldRevocations(""), "", reason, COMMANDER)
        return
    reason = f"all revocations are held: {incident.hold.reason}"
    who = (Who(frozenset({Right.RESPOND}), human=True),)
    yield Offer(c.ResumeRevocations, c.ResumeRevocations(""), "", reason, who, NEEDED)
