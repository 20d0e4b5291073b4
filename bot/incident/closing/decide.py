"""Decisions on report, close and reopening."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import CLOSURE, propose
from bot.incident.closing.open_items import OpenItem, acceptable, accepted, left_digest, not_among, worse
from bot.incident.commands import Asked, ClosingCommand, Events
from bot.incident.lanes import REPORT_LANE
from bot.incident.model import Right
from bot.incident.offer import ANYBODY, COMMANDER, POSSIBLE, SENSIBLE, Offer, Who
from bot.incident.refusals import Declined, clean, demand, demand_open
from bot.incident.state import Incident, Proposal
from bot.incident.steps.rules import BEING_WRITTEN, being_written, blocked, next_step, steps_to_close, waiting_steps
from bot.incident.work.rules import failed_for_good, moves
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
    """With all steps done and nothing open, the incident closes at once. The actor accepts open items by name, with a
    reason; if one is a key, or what it may have left behind, a second person must agree. A refusal names everything
    open.
    """
    demand(asked.actor, Right.COMMAND)
    left = acceptable(incident)
    unnamed = not_among(left, frozenset(body.accept))
    if steps := steps_to_close(incident):
        titles = ", ".join(f"“{step.definition.title}”" for step in steps)
        besides = f" Also open: {_words(unnamed)}. {_to_accept(left)}" if unnamed else ""
        raise Declined(f"Not closed: {titles} {'is' if len(steps) == 1 else 'are'} not done or skipped.{besides}")
    _demand_none_moves(incident)
    if not left:
        return (*_ended(incident, ""), e.IncidentClosed())
    if unnamed:
        raise Declined(f"Not closed: {_words(unnamed)}. {_to_accept(left)}")
    reason = clean(body.reason, "reason for closing with open items")
    if body.seen != left_digest(left):
        raise Declined("Not closed: the open items changed since you saw them. Look again, then decide.")
    if not any(item.second for item in left):
        return (*_ended(incident, reason), e.IncidentClosed(reason, accepted(left)))
    items, details = tuple(item.key for item in left), tuple(each for item in left for each in item.details)
    return (propose(incident, CLOSURE, _words(left), reason, asked, items=items, details=details),)


def closure_agreed(incident: Incident, proposal: Proposal) -> Events:
    """Closes over what was proposed, and nothing more or worse."""
    if steps := steps_to_close(incident):
        raise Declined(f"Not closed: {len(steps)} steps are open again.")
    _demand_none_moves(incident)
    left = acceptable(incident)
    more = not_among(left, frozenset(proposal.items))
    if more := more or worse(left, frozenset(proposal.details)):
        raise Declined(f"Not closed: more items are open than were proposed. {_words(more)}. Propose it again.")
    return (*_ended(incident, proposal.reason), e.IncidentClosed(proposal.reason, accepted(left), proposal.by))


def _ended(incident: Incident, reason: str) -> Iterator[e.StepDone | e.StepSkipped]:
    """The close ends the machine's own steps: incomplete ones are skipped, with the close's reason."""
    for step in waiting_steps(incident):
        lacks = blocked(incident, step)
        yield e.StepSkipped(step.definition.id, reason) if lacks else e.StepDone(step.definition.id)


def _demand_none_moves(incident: Incident) -> None:
    """Work in progress on a new key decides what the close does with it, and a revocation in progress would count as
    still working. After a worker's death the next one takes the claim.
    """
    if words := moves(incident):
        raise Declined(f"Not closed: the bot is {words}. Wait until that ends, then close.")


def _words(items: tuple[OpenItem, ...]) -> str:
    return "; ".join(item.words for item in items)


def _to_accept(left: tuple[OpenItem, ...]) -> str:
    second = "; a second person must approve" if any(item.second for item in left) else ""
    return f"Do what is open, or accept each by name with a reason{second}."


def _reopen(incident: Incident, body: c.Reopen) -> Events:
    if incident.open:
        raise Declined(f"{incident.id} is open.")
    if incident.handed_over:
        raise Declined(f"{incident.handed_over} took over {incident.id}. Continue there.")
    return (e.IncidentReopened(clean(body.reason, "reason")),)


# Offers of the report, the end and the new beginning.


def closing(incident: Incident) -> Iterator[Offer]:
    step, report = next_step(incident), incident.report
    asked = step is not None and Action.REPORT in step.definition.actions and not report.path
    owed = asked or not (incident.open or report.path or incident.handed_over)
    unwritten = "no report has been written" if not report.path else "to have the report written again"
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
    yield Offer(c.Reopen, c.Reopen(""), "", "to investigate again", COMMANDER)
