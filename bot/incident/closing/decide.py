"""Decisions on report, close and reopening."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import CLOSURE, propose
from bot.incident.asked import Asked, Events
from bot.incident.closing.open_items import OpenItem, acceptable, accepted, left_digest, not_among, worse
from bot.incident.commands import ClosingCommand
from bot.incident.lanes import REPORT_LANE, LaneKind
from bot.incident.model import Right
from bot.incident.offer import ANYBODY, COMMANDER, POSSIBLE, SENSIBLE, Offer, Who
from bot.incident.operations import OPERATIONS, Claim, Op
from bot.incident.refusals import Declined, clean, demand, demand_open
from bot.incident.state import Incident, Proposal
from bot.incident.steps.rules import BEING_WRITTEN, being_written, next_step, waiting_steps
from bot.incident.work.rules import failed_for_good
from bot.model.playbooks import Action


def decide(incident: Incident, body: ClosingCommand, asked: Asked) -> Events:
    match body:
        case c.RequestReport():
            return (e.ReportRequested(), *failed_for_good(incident, REPORT_LANE))
        case c.Close():
            demand_open(incident)
            return _close(incident, body, asked)
        case c.Reopen():
            demand(asked.actor, Right.COMMAND)
            return _reopen(incident, body)
        case _:
            assert_never(body)


def _close(incident: Incident, body: c.Close, asked: Asked) -> Events:
    """All steps over and nothing open: closed at once. What is open the actor accepts by name, with a reason; where a
    key, or what it may have left behind, is among it, a second person must agree. A refusal names all that is open.
    """
    demand(asked.actor, Right.COMMAND)
    left = acceptable(incident)
    unnamed = not_among(left, frozenset(body.accept))
    if steps := waiting_steps(incident):
        titles = ", ".join(f"“{step.definition.title}”" for step in steps)
        besides = f" Open besides: {_words(unnamed)}. {_to_accept(left)}" if unnamed else ""
        raise Declined(f"Not closed: {titles} {'is' if len(steps) == 1 else 'are'} neither done nor skipped.{besides}")
    _demand_none_moves(incident)
    if not left:
        return (e.IncidentClosed(),)
    if unnamed:
        raise Declined(f"Not closed: {_words(unnamed)}. {_to_accept(left)}")
    reason = clean(body.reason, "reason for closing over what is open")
    if body.seen != left_digest(left):
        raise Declined("Not closed: what is open has changed since it was shown to you. Look again, then decide.")
    if not any(item.second for item in left):
        return (e.IncidentClosed(reason, accepted(left)),)
    items, details = tuple(item.key for item in left), tuple(each for item in left for each in item.details)
    return (propose(incident, CLOSURE, _words(left), reason, asked, items=items, details=details),)


def closure_agreed(incident: Incident, proposal: Proposal) -> e.IncidentClosed:
    """Over what was proposed, and over nothing more or worse."""
    if steps := waiting_steps(incident):
        raise Declined(f"Not closed: {len(steps)} steps are open again.")
    _demand_none_moves(incident)
    left = acceptable(incident)
    more = not_among(left, frozenset(proposal.items))
    if more := more or worse(left, frozenset(proposal.details)):
        raise Declined(f"Not closed: more is left than was proposed. {_words(more)}. Propose it again.")
    return e.IncidentClosed(proposal.reason, accepted(left), proposal.by)


def _demand_none_moves(incident: Incident) -> None:
    """How the making of a new value ends, or its way to its place, decides what the close makes of it; and what is
    being revoked would be closed over as alive. Of a worker that dies the next one takes the claim.
    """
    claims = (incident.lane(lane).claim for lane in incident.held.values())
    moves = [claim for claim in claims if claim is not None and _moves(claim)]
    if moves:
        words = ", ".join(f"{OPERATIONS[claim.op].doing} ({claim.lane.subject})" for claim in moves)
        raise Declined(f"Not closed: the bot is {words} at this moment. Wait until that has ended, then close.")


def _moves(claim: Claim) -> bool:
    return claim.op is Op.REVOKE or (claim.lane.kind is LaneKind.NEW and not OPERATIONS[claim.op].beside)


def _words(items: tuple[OpenItem, ...]) -> str:
    return "; ".join(item.words for item in items)


def _to_accept(left: tuple[OpenItem, ...]) -> str:
    second = "; a second person must agree" if any(item.second for item in left) else ""
    return f"Do what is open, or accept each by name with a reason{second}."


def _reopen(incident: Incident, body: c.Reopen) -> Events:
    if incident.open:
        raise Declined(f"{incident.id} is open.")
    if incident.handed_over:
        raise Declined(f"{incident.handed_over} has taken {incident.id} over: go on there.")
    return (e.IncidentReopened(clean(body.reason, "reason")),)


# Offers of the report, the end and the new beginning.


def closing(incident: Incident) -> Iterator[Offer]:
    step, report = next_step(incident), incident.report
    asked = step is not None and Action.REPORT in step.definition.actions and not report.path
    owed = asked or (not incident.open and not report.path)
    unwritten = "no report has been written" if not report.path else "to have the report written anew"
    unwritten = BEING_WRITTEN if being_written(incident) else unwritten
    yield Offer(c.RequestReport, c.RequestReport(), "", unwritten, ANYBODY, SENSIBLE if owed else POSSIBLE)
    left = acceptable(incident)
    second = any(item.second for item in left)
    who = (Who(frozenset({Right.COMMAND}), human=True),) if second else COMMANDER
    done = "all steps are done or skipped"
    if left:
        agree = "you and a second person accept" if second else "you accept"
        done += f"; {agree} by name what is open: {'; '.join(item.words for item in left)}"
    yield Offer(c.Close, c.Close("", tuple(item.key for item in left), left_digest(left)), "", done, who, SENSIBLE)
    yield Offer(c.Reopen, c.Reopen(""), "", "if there is something to look into again", COMMANDER)
