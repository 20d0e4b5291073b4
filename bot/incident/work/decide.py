"""Decisions on the worker's commands: who gets a lane, whose outcome counts, and which deadlines have come."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.basis import GLASS_AFTER, approval_missing
from bot.incident.approval.deadlines import glass_to_offer, review_due, unasked
from bot.incident.approval.plan import plan_of, same_plan
from bot.incident.asked import Asked, Events
from bot.incident.clocks import next_reminder, notification_due
from bot.incident.evolve import evolve
from bot.incident.model import Right
from bot.incident.old_value.decide import after_probe
from bot.incident.old_value.reminders import reminder_due
from bot.incident.old_value.schedule import overdue_at
from bot.incident.operations import Claim, Op
from bot.incident.overlap.rules import escalation_due, held_overlap
from bot.incident.paging.schedule import unanswered_at
from bot.incident.refusals import demand
from bot.incident.schedule import agenda
from bot.incident.state import Incident
from bot.incident.steps.decide import started
from bot.incident.steps.rules import opened_by
from bot.incident.work.commands import WorkCommand
from bot.incident.work.lanes import lane_of
from bot.incident.work.retries import retry
from bot.model.playbooks import Action

OPENS_STEP = {Op.ISSUE: Action.ROTATE, Op.REVOKE: Action.REVOKE, Op.USAGE: Action.USAGE, Op.REPORT: Action.REPORT}
"""The machine's work opens the step that it belongs to, so that the card never shows work in a step that waits."""


def decide(incident: Incident, body: WorkCommand, asked: Asked) -> Events:
    match body:
        case c.Begin():
            return _begin(incident, body, asked.at)
        case c.Finish():
            return _finish(incident, body, asked.at)
        case c.Tick():
            return _tick(incident, asked.at)
        case c.Retry():
            demand(asked.actor, Right.RESPOND)
            return retry(incident, body)
        case _:
            assert_never(body)


def _begin(incident: Incident, body: c.Begin, at: datetime) -> Events:
    """A claim on a free lane whose work is ready, or on a dead worker's lane; nothing if that is not so any more."""
    events: list[e.Event] = []
    held = incident.lane(body.work.lane).claim
    if held is not None:
        if body.instead_of != held.number:
            return ()
        lost = e.ClaimLost(held.number, held.op, held.lane)
        events.append(lost)
        incident = evolve(incident, e.Recorded(incident.seq + 1, at, "bot", lost))
    work = next((w for w in agenda(incident, at) if w.lane == body.work.lane and w.ready_at <= at), None)
    if work is None or (held is None and (work.op, work.subject, work.detail) != _key(body)):
        return tuple(events)
    action = OPENS_STEP.get(work.op)
    step = opened_by(incident, action) if action is not None else None
    if step is not None:
        events += started(step.definition, "", len(incident.tasks))
    claim = Claim(incident.claims + 1, work.op, work.lane, work.subject, work.attempt, body.worker, work.detail)
    return (*events, e.OperationStarted(claim))


def _key(body: c.Begin) -> tuple[Op, str, str]:
    return body.work.op, body.work.subject, body.work.detail


def _finish(incident: Incident, body: c.Finish, at: datetime) -> Events:
    """The outcome, if its claim still holds, and what follows from it; else a refusal that leads to a sweep."""
    outcome = body.outcome
    if lane_of(incident, outcome.claim) is None:
        return (e.OutcomeRefused(outcome.claim, _op_of(outcome), body.lane),)
    events: list[e.Event] = [outcome]
    if isinstance(outcome, e.OldCaptured) and outcome.own:
        events.append(e.OwnCredentialConcerned(outcome.secret, outcome.own))
    if isinstance(outcome, e.OldProbed):
        events += after_probe(incident, outcome, at)
    return tuple(events)


def _op_of(outcome: e.Outcome) -> Op:
    """Which operation a late outcome belongs to, as far as it matters: whether it may have left a key."""
    if isinstance(outcome, e.OperationFailed | e.OperationYielded):
        return outcome.op
    return Op.ISSUE if isinstance(outcome, e.ValueStaged | e.OrphansFound | e.Swept) else Op.PROVE


def _tick(incident: Incident, at: datetime) -> Events:
    """What the incident's own deadlines bring: requests for approval, expiries, overdue proofs, reminders."""
    events = _reminded(incident, at)
    if not incident.open:
        return tuple(events)
    if incident.proposal is not None and incident.proposal.until <= at:
        events.append(e.ProposalRejected(incident.proposal.number, "nobody decided in time"))
    if incident.request is not None and incident.request.until <= at:
        events.append(e.ApprovalExpired(incident.request.plans))
        incident = replace(incident, request=None)
    unanswered = unanswered_at(incident)
    if unanswered is not None and unanswered <= at:
        events.append(e.PageUnanswered())
    events += _overdue(incident, at)
    events += _awaited(incident, at)
    events += [
        e.WaitingEscalated(secret.name, secret.new_state, secret.new.escalations + 2)
        for secret in incident.secrets.values()
        if (due := escalation_due(incident, secret)) is not None and due <= at
    ]
    events += _glass_offered(incident, at)
    events += _overlaps_held(incident, at)
    if any(unasked(incident, secret, at) for secret in incident.secrets.values()):
        plans = {
            s.name: plan_of(incident, s).digest
            for s in incident.secrets.values()
            if approval_missing(incident, s, at) and not same_plan(incident, s, incident.rejected_plans.get(s.name, ""))
        }
        events.append(e.ApprovalRequested(plans, at + timedelta(seconds=incident.timings.approval_expires)))
    return tuple(events)


def _reminded(incident: Incident, at: datetime) -> list[e.Event]:
    events: list[e.Event] = []
    reminder, due = next_reminder(incident), notification_due(incident)
    if reminder is not None and due is not None and reminder <= at:
        events.append(e.NotificationReminded(due, due <= at))
    unreviewed = [s.name for s in incident.secrets.values() if (by := review_due(s)) is not None and by <= at]
    if unreviewed:
        events.append(e.GlassReviewReminded(tuple(unreviewed)))
    return events


def _awaited(incident: Incident, at: datetime) -> list[e.Event]:
    due = {secret.name: reminder_due(incident, secret, at) for secret in incident.secrets.values()}
    awaited = tuple(name for name, when in due.items() if when is not None and when <= at)
    return [e.PersonAwaited(awaited)] if awaited else []


def _glass_offered(incident: Incident, at: datetime) -> list[e.Event]:
    waiting = [
        secret.name
        for secret in incident.secrets.values()
        if secret.asked_at is not None and secret.asked_at + GLASS_AFTER <= at and glass_to_offer(incident, secret, at)
    ]
    return [e.GlassOffered(tuple(waiting))] if waiting else []


def _overlaps_held(incident: Incident, at: datetime) -> list[e.Event]:
    return [
        e.OverlapHeld(secret.name, tuple(state.copy.name for state in secret.open_copies))
        for secret in incident.secrets.values()
        if (end := held_overlap(incident, secret)) is not None and end <= at
    ]


def _overdue(incident: Incident, at: datetime) -> list[e.Event]:
    due = {secret.name: overdue_at(incident, secret) for secret in incident.secrets.values()}
    return [e.ContainmentOverdue(name) for name, when in due.items() if when is not None and when <= at]
