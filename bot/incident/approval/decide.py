"""Decisions on consent: revocations, plans, broken glass, proposals."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.sessions import sessions_agreed
from bot.incident.approval import proposals
from bot.incident.approval.basis import MissingConsent, consenting, kill_basis
from bot.incident.approval.consent import withdraw
from bot.incident.approval.kills import UNNAMED, adds, break_glass, by_of, kill_now, review_glass
from bot.incident.approval.plan import waiting_plans
from bot.incident.approval.proposals import of_redaction, waiting
from bot.incident.closing.decide import closure_agreed
from bot.incident.commands import ApprovalCommand, Asked, Events, ProposalAnswer
from bot.incident.hold import demand_none, resumption_agreed
from bot.incident.model import Actor, Right
from bot.incident.new_value.decide import scopes_agreed
from bot.incident.overlap.decide import overlap_agreed
from bot.incident.record.decide import redaction_agreed
from bot.incident.refusals import Declined, clean, demand, demand_open, demand_responder, when
from bot.incident.state import Incident, Proposal
from bot.incident.two_people import demand_listed, demand_other


def decide(incident: Incident, body: ApprovalCommand | ProposalAnswer, asked: Asked) -> Events:
    match body:
        case c.WithdrawConsent():
            return withdraw(incident, body, asked.at)
        case c.ReviewGlass():
            return review_glass(incident, body, asked.actor)
        case c.ApproveProposal():
            return _approve_proposal(incident, body, asked)
        case c.RejectProposal():
            number = _waiting(incident, body, asked.actor).number
            return (e.ProposalRejected(number, clean(body.reason, "reason")),)
        case c.ApprovePlan():
            demand_open(incident)
            demand_none(incident)
            return _approve_plan(incident, body, asked)
        case c.RejectPlan():
            demand_open(incident)
            return _reject_plan(incident, body, asked.actor)
        case c.KillNow():
            demand_responder(incident, asked.actor)
            demand_none(incident)
            return kill_now(incident, body, asked)
        case c.BreakGlass():
            demand_responder(incident, asked.actor)
            demand_none(incident)
            return break_glass(incident, body)
        case _:
            assert_never(body)


def _approve_plan(incident: Incident, body: c.ApprovePlan, asked: Asked) -> Events:
    """The actor's consent to each plan where it counts: the other plans have it already, or cannot use it."""
    actor, at = asked.actor, asked.at
    if not actor.may(Right.RESPOND):
        demand(actor, Right.APPROVE)
        demand(actor, Right.RESPOND)
    plans = _requested(incident, body.digest, at)
    if not any(_enough(incident, name, actor, at) for name in plans):
        demand(actor, Right.APPROVE)
    demand_listed(actor)
    added = {
        name: digest
        for name, digest in plans.items()
        if adds(incident, incident.secrets[name], asked) and _enough(incident, name, actor, at)
    }
    if not added:
        raise Declined(_no_second_person(incident, plans, actor, at))
    until = at + timedelta(seconds=incident.timings.approval_expires)
    return (e.PlanApproved(added, until, actor.recorded),)


def _enough(incident: Incident, name: str, actor: Actor, at: datetime) -> bool:
    """Whether the actor can be one of the two: with `approve`, or where one who has it has consented already."""
    missing = kill_basis(incident, incident.secrets[name], at)
    if not isinstance(missing, MissingConsent):
        return actor.may(Right.APPROVE)
    return actor.may(Right.APPROVE) or not missing.approver or actor.name == missing.owner


def _no_second_person(incident: Incident, plans: dict[str, str], actor: Actor, at: datetime) -> str:
    name = next(iter(plans))
    missing = kill_basis(incident, incident.secrets[name], at)
    whom = missing.whom if isinstance(missing, MissingConsent) else "another person"
    return (
        f"{actor.name} already made or approved the plan of {', '.join(plans)} and cannot be its second approver. "
        f"Needed: {whom}."
    )


def _reject_plan(incident: Incident, body: c.RejectPlan, actor: Actor) -> Events:
    demand(actor, Right.APPROVE)
    reason = clean(body.reason, "reason")
    return (e.PlanRejected(_requested(incident, body.digest, None), reason),)


def _requested(incident: Incident, digest: str, at: datetime | None) -> dict[str, str]:
    """The plans that wait, of the request that the person looked at, without ones that changed since."""
    request = incident.request
    if request is None:
        raise Declined(_nothing_waits(incident, at))
    if not digest:
        raise Declined(UNNAMED)
    if digest != request.digest:
        raise Declined("The plan changed since you saw it. Look at the new one, then decide.")
    plans = waiting_plans(incident)
    if not plans:
        names = ", ".join(request.plans)
        raise Declined(f"The plan of {names} changed since approval was requested. A new request follows.")
    if at is not None and at >= request.until:
        raise Declined("This request has expired. A new one follows.")
    return plans


def _nothing_waits(incident: Incident, at: datetime | None) -> str:
    for secret in incident.secrets.values():
        agreed = [given for given in consenting(incident, secret, at) if given.until is not None] if at else []
        if agreed:
            return f"The plan was approved {when(by_of(agreed[-1]))}. Nothing waits for approval."
    return "Nothing waits for approval."


def _waiting(incident: Incident, body: ProposalAnswer, actor: Actor) -> Proposal:
    """The question that the actor decides. A redaction can be decided after the close too."""
    if not of_redaction(incident):
        demand_open(incident)
    demand(actor, Right.APPROVE)
    return waiting(incident, body.digest)


def _approve_proposal(incident: Incident, body: c.ApproveProposal, asked: Asked) -> Events:
    proposal = _waiting(incident, body, asked.actor)
    demand_other(asked.actor, {proposal.by}, did="made this proposal")
    if asked.at >= proposal.until:
        raise Declined("This proposal has expired: make it again.")
    return (e.ProposalApproved(proposal.number), *_follows(incident, proposal, asked))


def _follows(incident: Incident, proposal: Proposal, asked: Asked) -> Events:
    """The events of a proposal that two people want."""
    match proposal.what:
        case proposals.STRATEGY:
            return (overlap_agreed(incident, proposal, asked),)
        case proposals.REDACTION:
            return redaction_agreed(incident, proposal)
        case proposals.SCOPES:
            return scopes_agreed(incident, proposal)
        case proposals.SESSIONS:
            return sessions_agreed(incident, proposal)
        case proposals.RESUMPTION:
            return (resumption_agreed(incident, proposal),)
        case _:
            return closure_agreed(incident, proposal)
