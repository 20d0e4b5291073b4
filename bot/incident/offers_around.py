"""What can be offered about the incident as a whole: consent, steps, tasks, the record, trying again, the close."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import commands as c
from bot.incident.access.readers import principal_name, readers_of
from bot.incident.approval.basis import Missing, consenting, kill_basis
from bot.incident.approval.plan import request_digest
from bot.incident.approval.proposals import EXTENSION, REDACTION, STRATEGY, proposal_digest
from bot.incident.approval.state import ApprovalRequest
from bot.incident.clocks import notification
from bot.incident.closing.open_items import acceptable
from bot.incident.lanes import HALT
from bot.incident.model import IfFailing, ReaderOutcome, Right, StepState
from bot.incident.offer import ANYBODY, APPROVER, COMMANDER, RESPONDER, Offer, Urgency, Who
from bot.incident.offers_secret import own_lanes
from bot.incident.record.decide import FINDINGS, NOTIFICATION
from bot.incident.state import Incident
from bot.incident.steps.rules import IMPACT, ROOT_CAUSE, impact_known, next_step, root_cause_known, step_digest
from bot.model.playbooks import Action

NEEDED, SENSIBLE, POSSIBLE = Urgency
HUMAN_RESPONDER = (Who(frozenset({Right.RESPOND}), human=True),)
_HEADS = {
    "finding": "to write down what was seen: when, where, by whom",
    "impact": "to write down what could be done with it, by whom and since when",
    "root-cause": "to write down what made the leak possible, or “unknown, because …”",
}


def consents(incident: Incident, now: datetime) -> Iterator[Offer]:
    """On the plan that waits, and on what is proposed."""
    request, proposal = incident.request, incident.proposal
    if request is not None:
        digest, names = request_digest(request.plans), ", ".join(request.plans)
        whom = dict.fromkeys(_whom(incident, name, now) for name in request.plans)
        reason = f"a second person must agree to the plan of {names}: {'; '.join(filter(None, whom))}"
        yield Offer(c.ApprovePlan, c.ApprovePlan(digest), names, reason, tuple(_second(incident, request, now)), NEEDED)
        yield Offer(c.RejectPlan, c.RejectPlan(digest, ""), names, f"if the plan of {names} is wrong", APPROVER)
    if proposal is not None:
        weaker = proposal.what in {STRATEGY, EXTENSION}
        what = f"closing over {proposal.subject}"
        if proposal.what == EXTENSION:
            what = f"to let the leaked value of {proposal.subject} serve for another hour"
        elif weaker:
            ends = "ended" if proposal.if_failing is IfFailing.END else "kept"
            what = f"overlap for {proposal.subject}, the old value {ends} while consumers fail"
        if proposal.what == REDACTION:
            what = f"taking people's words out of event {proposal.subject}"
        rights = frozenset({Right.APPROVE, Right.RESPOND} if weaker else {Right.APPROVE})
        number, digest = str(proposal.number), proposal_digest(incident, proposal)
        reason = f"{proposal.by} proposes {what}; it takes anybody with approve, but not {proposal.by}"
        who = (Who(rights, frozenset({proposal.by})),)
        agree, no = c.ApproveProposal(proposal.number, digest), c.RejectProposal(proposal.number, "", digest)
        yield Offer(c.ApproveProposal, agree, number, reason, who, NEEDED)
        yield Offer(c.RejectProposal, no, number, f"to refuse what {proposal.by} proposes", APPROVER)


def _whom(incident: Incident, name: str, now: datetime) -> str:
    basis = kill_basis(incident, incident.secrets[name], now)
    return basis.whom if isinstance(basis, Missing) else ""


def _second(incident: Incident, request: ApprovalRequest, now: datetime) -> Iterator[Who]:
    """Whoever adds to the plan of at least one secret: with approve, or without where somebody with it has agreed."""
    given, approved = [], []
    for name in request.plans:
        secret = incident.secrets[name]
        names = frozenset(consent.name for consent in consenting(incident, secret, now))
        basis = kill_basis(incident, secret, now)
        given.append(names)
        if isinstance(basis, Missing) and not basis.approver:
            approved.append(names)
    yield Who(frozenset({Right.RESPOND, Right.APPROVE}), frozenset.intersection(*given), human=True)
    if approved:
        yield Who(frozenset({Right.RESPOND}), frozenset.intersection(*approved), human=True)


def again(incident: Incident) -> Iterator[Offer]:
    """What failed for good and belongs to no secret, everything at once, and going on after a halt."""
    if incident.halted:
        reason = f"everything is halted: {incident.halted}. Look, then go on"
        yield Offer(c.Retry, c.Retry(HALT), str(HALT), reason, RESPONDER, NEEDED)
    own = {lane for secret in incident.secrets.values() for lane in own_lanes(secret)}
    for lane, state in incident.lanes.items():
        if lane not in own and state.failure is not None and state.failure.final:
            yield Offer(c.Retry, c.Retry(lane), str(lane), state.failure.message, RESPONDER, NEEDED)
    yield Offer(c.Retry, c.Retry(), "", "to try again whatever has failed for good", RESPONDER)


def steps(incident: Incident) -> Iterator[Offer]:
    upcoming = next_step(incident)
    for step in incident.steps:
        if step.over:
            continue
        name, seen, title = step.definition.id, step_digest(step), step.definition.title
        waiting = step.state is StepState.WAITING
        if waiting:
            urgency = SENSIBLE if step is upcoming else POSSIBLE
            yield Offer(c.StartStep, c.StartStep(name, seen), name, title, RESPONDER, urgency)
        urgency = POSSIBLE if waiting else SENSIBLE
        yield Offer(c.CompleteStep, c.CompleteStep(name, seen), name, title, RESPONDER, urgency)
        skipped = f"“{title}” is not to be done"
        yield Offer(c.SkipStep, c.SkipStep(name, "", seen), name, skipped, RESPONDER)


def record(incident: Incident, now: datetime) -> Iterator[Offer]:
    """Notes, findings, tasks."""
    yield Offer(c.AddNote, c.AddNote(""), "", "to write something down", ANYBODY)
    clock = notification(incident)
    for what in FINDINGS:
        urgency, reason = POSSIBLE, _HEADS.get(what, "to record whom we tell whose data it was, or why nobody")
        if what == NOTIFICATION and clock is not None and clock.decided is None:
            late = "was due" if clock.due <= now else "is due"
            reason = f"the decision on telling those concerned {late} at {clock.due:%Y-%m-%d %H:%M} UTC"
            urgency = SENSIBLE
        if (what == IMPACT and not impact_known(incident)) or (what == ROOT_CAUSE and not root_cause_known(incident)):
            urgency = SENSIBLE
        yield Offer(c.RecordFinding, c.RecordFinding(what, ""), what, reason, RESPONDER, urgency)
    for principal in readers_of(incident):
        for outcome in ReaderOutcome:
            urgency = POSSIBLE if principal in incident.readers else SENSIBLE
            reason = f"{principal_name(principal)} read what leaked: say whose reads these were"
            body = c.AccountReader(principal, outcome)
            yield Offer(c.AccountReader, body, principal, reason, RESPONDER, urgency)
    yield Offer(c.AddTask, c.AddTask("", ""), "", "to give somebody something to do", RESPONDER)
    for task in incident.tasks.values():
        if task.open:
            yield Offer(c.FinishTask, c.FinishTask(task.id), task.id, task.title, RESPONDER)
            yield Offer(c.DeclineTask, c.DeclineTask(task.id, ""), task.id, task.title, RESPONDER)


def whole(incident: Incident) -> Iterator[Offer]:
    """More secrets, the report, the end and the new beginning."""
    yield Offer(c.AddSecret, None, "", "if another secret stood in the same place", RESPONDER)
    step, report = next_step(incident), incident.report
    asked = step is not None and Action.REPORT in step.definition.actions and not report.path
    owed = asked or (not incident.open and not report.path)
    unwritten = "no report has been written" if not report.path else "to have the report written anew"
    yield Offer(c.RequestReport, c.RequestReport(), "", unwritten, ANYBODY, SENSIBLE if owed else POSSIBLE)
    left = acceptable(incident)
    second = any(item.second for item in left)
    who = (Who(frozenset({Right.COMMAND}), human=True),) if second else COMMANDER
    done = "all steps are done or skipped"
    if left:
        agree = "you and a second person accept" if second else "you accept"
        done += f"; {agree} by name what is open: {'; '.join(item.words for item in left)}"
    yield Offer(c.Close, c.Close("", tuple(item.key for item in left)), "", done, who, SENSIBLE)
    yield Offer(c.Reopen, c.Reopen(""), "", "if there is something to look into again", COMMANDER)
    yield Offer(c.Redact, None, "", "if something stands in the log that must not", HUMAN_RESPONDER)
    yield Offer(c.SealLog, None, "", "to vouch for a log that was written before logs were sealed", COMMANDER)
