"""Decisions besides kills that need a second person: a weaker strategy, and closing over what is not proven."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.basis import one_human
from bot.incident.changes import put, replace
from bot.incident.decide_kill import kill_asked
from bot.incident.model import Actor, IfFailing, Old, Right, Strategy
from bot.incident.overlap import overlapping
from bot.incident.plan import plan_of
from bot.incident.proposal import ONE_AT_A_TIME
from bot.incident.refusals import Declined, clean, demand, secret_named
from bot.incident.state import Incident, Proposal, SecretState
from bot.incident.steps import waiting_steps

Events = tuple[e.Event, ...]
STRATEGY = "strategy"
CLOSURE = "closure"
REDACTION = "redaction"
ATTESTED = " (attested)"
UNCHECKED = " (unchecked)"
COPIES = " (copies)"


def proposal_digest(incident: Incident, proposal: Proposal) -> str:
    """What the buttons and the command carry: bound to what is proposed, of what, by whom and why."""
    document = [incident.id, proposal.number, proposal.what, proposal.subject, proposal.by, proposal.reason]
    if proposal.if_failing is not IfFailing.KEEP:
        document.append(proposal.if_failing)
    canonical = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def choose_strategy(incident: Incident, body: c.ChooseStrategy, actor: Actor, at: datetime, free: int) -> Events:
    secret = secret_named(incident, body.secret)
    if secret.strategy is body.strategy and (secret.if_failing is body.if_failing or not overlapping(secret)):
        raise Declined(f"{secret.name} is on {body.strategy} already.")
    if secret.gone or secret.old.revoked_at is not None:
        raise Declined(f"{secret.name}: its old value is {secret.old_state}; the strategy no longer matters.")
    reason = clean(body.reason, "reason")
    if body.strategy is Strategy.OVERLAP and secret.entry.abilities.swaps:
        raise Declined(f"{secret.name} cannot overlap: {ONE_AT_A_TIME}.")
    if body.strategy is Strategy.KILL_FIRST:
        chosen = e.StrategyChosen(secret.name, body.strategy, reason, actor.recorded)
        if secret.revoked_by_person:
            return (chosen,)
        after = replace(secret, strategy=body.strategy)
        return chosen, kill_asked(put(incident, after), after, actor, at, free)
    if secret.strategy is Strategy.OVERLAP and body.if_failing is IfFailing.END:
        return (e.StrategyChosen(secret.name, body.strategy, reason, actor.recorded, if_failing=body.if_failing),)
    return (_proposal(incident, STRATEGY, secret.name, reason, actor, at, body.if_failing),)


def close(incident: Incident, body: c.Close, actor: Actor, at: datetime) -> Events:
    """All steps over and every key gone and replaced: closed at once. Else a second person must accept what is left."""
    demand(actor, Right.COMMAND)
    if steps := waiting_steps(incident):
        titles = ", ".join(f"“{step.definition.title}”" for step in steps)
        raise Declined(f"Not closed: {titles} {'is' if len(steps) == 1 else 'are'} neither done nor skipped.")
    if not incident.unfinished:
        return (e.IncidentClosed(),)
    if not body.reason.strip():
        raise Declined(
            f"Not closed: {_left(incident)}. To close all the same, give a reason; a second person must agree."
        )
    return (_proposal(incident, CLOSURE, ", ".join(_labels(incident)), clean(body.reason, "reason"), actor, at),)


def _labels(incident: Incident) -> tuple[str, ...]:
    """What is left, by name: who agrees to close over unchecked items has not agreed to a living key."""
    return tuple(label for name in incident.unfinished for label in _labels_of(incident, incident.secrets[name]))


def _labels_of(incident: Incident, secret: SecretState) -> Iterator[str]:
    if secret.name in incident.worries:
        yield secret.name
    elif secret.old_state is Old.ATTESTED:
        yield f"{secret.name}{ATTESTED}"
    elif secret.open_checks:
        yield f"{secret.name}{UNCHECKED}"
    if secret.open_copies:
        yield f"{secret.name}{COPIES}"


def _covered(label: str, agreed: set[str]) -> bool:
    """Whether somebody has agreed to leave this: to this very thing of the secret, or to all of it."""
    whole = label.removesuffix(COPIES).removesuffix(UNCHECKED).removesuffix(ATTESTED)
    return label in agreed or (whole in agreed and not label.endswith(COPIES))


def _left(incident: Incident) -> str:
    """Why it cannot be closed, secret by secret."""
    return "; ".join(_words(incident.secrets[name]) for name in incident.unfinished)


def _words(secret: SecretState) -> str:
    words = [] if secret.settled else [f"old {secret.old_state}, new {secret.new_state}"]
    if secret.open_checks:
        words.append(f"not checked: {', '.join(check.item for check in secret.open_checks)}")
    if secret.open_copies:
        names = ", ".join(state.copy.name for state in secret.open_copies)
        words.append(f"copies not updated, purged or accepted: {names}")
    return f"{secret.name}: {', '.join(words)}"


def _proposal(
    incident: Incident,
    what: str,
    subject: str,
    reason: str,
    actor: Actor,
    at: datetime,
    if_failing: IfFailing = IfFailing.KEEP,
) -> e.ProposalMade:
    if not one_human(actor.name):
        raise Declined(
            f"{actor.name} is not in the people file. Whose account it is nobody can tell, so somebody who is must "
            "propose this."
        )
    until = at + timedelta(seconds=incident.timings.approval_expires)
    return e.ProposalMade(incident.proposals + 1, what, subject, reason, until, actor.recorded, if_failing)


def _waiting(incident: Incident, number: int, digest: str) -> Proposal:
    proposal = incident.proposal
    if proposal is None or proposal.number != number:
        raise Declined("This proposal is no longer open: it was decided, has expired, or another one replaced it.")
    if not digest:
        raise Declined("Say which proposal is meant, by its digest: nobody decides on one that they have not seen.")
    if digest != proposal_digest(incident, proposal):
        raise Declined("This proposal is not the one that was shown to you: look at it, then decide.")
    return proposal


def approve_proposal(incident: Incident, body: c.ApproveProposal, actor: Actor, at: datetime) -> Events:
    demand(actor, Right.APPROVE)
    proposal = _waiting(incident, body.number, body.digest)
    if actor.name == proposal.by:
        raise Declined(f"{actor.name} made this proposal, so cannot be its second person.")
    if at >= proposal.until:
        raise Declined("This proposal has expired: make it again.")
    approved = e.ProposalApproved(proposal.number)
    if proposal.what == STRATEGY:
        return approved, _overlap_agreed(incident, proposal, actor, at)
    if proposal.what == REDACTION:
        cuts = [cut for cut in proposal.cuts if cut.seq not in incident.redacted]
        return (approved, *(e.Redacted(cut, proposal.reason, proposal.by) for cut in cuts))
    if steps := waiting_steps(incident):
        raise Declined(f"Not closed: {len(steps)} steps are open again.")
    agreed = set(proposal.subject.split(", "))
    if not all(_covered(label, agreed) for label in _labels(incident)):
        raise Declined(f"Not closed: more is left than was proposed. {_left(incident)}. Propose it again.")
    return (approved, e.IncidentClosed(incident.unfinished, f"{proposal.reason} (proposed by {proposal.by})"))


def _overlap_agreed(incident: Incident, proposal: Proposal, actor: Actor, at: datetime) -> e.StrategyChosen:
    """The proposer's plan from now on, and the actor's consent to it: to the kill at its end, too."""
    demand(actor, Right.RESPOND)
    secret = secret_named(incident, proposal.subject)
    if secret.gone or secret.old.revoked_at is not None:
        raise Declined(f"{secret.name}: its old value is {secret.old_state}; the strategy no longer matters.")
    after = replace(secret, strategy=Strategy.OVERLAP, kill=None, if_failing=proposal.if_failing)
    return e.StrategyChosen(
        proposal.subject,
        Strategy.OVERLAP,
        proposal.reason,
        rights=actor.recorded,
        proposer=proposal.by,
        proposer_rights=tuple(sorted(proposal.rights)),
        plan=plan_of(put(incident, after), after).digest,
        until=at + timedelta(seconds=incident.timings.approval_expires),
        if_failing=proposal.if_failing,
    )


def propose_redaction(incident: Incident, body: c.Redact, actor: Actor, at: datetime) -> Events:
    """Also after the close: what must not stand in the log must not wait for a reopening."""
    demand(actor, Right.RESPOND)
    numbers = [cut.seq for cut in body.cuts]
    if not numbers or min(numbers) < 1 or max(numbers) > incident.seq:
        raise Declined("Say which events: their numbers, as `bot timeline` and the report have them.")
    if done := [number for number in numbers if number in incident.redacted]:
        raise Declined(f"Event {done[0]} is redacted already.")
    subject = ", ".join(map(str, numbers))
    proposed = _proposal(incident, REDACTION, subject, clean(body.reason, "reason"), actor, at)
    return (replace(proposed, cuts=body.cuts),)


def of_redaction(incident: Incident) -> bool:
    """Whether what waits for a second person is a redaction: that can be decided after the close too."""
    return incident.proposal is not None and incident.proposal.what == REDACTION


def reject_proposal(incident: Incident, body: c.RejectProposal, actor: Actor) -> Events:
    demand(actor, Right.APPROVE)
    proposal = _waiting(incident, body.number, body.digest)
    return (e.ProposalRejected(proposal.number, clean(body.reason, "reason")),)
