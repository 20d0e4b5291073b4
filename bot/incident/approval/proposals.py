"""Decisions besides kills that need a second person: a weaker strategy, and closing over what is not proven."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.basis import one_human
from bot.incident.approval.kills import kill_asked
from bot.incident.approval.plan import plan_of
from bot.incident.approval.state import Proposal
from bot.incident.changes import put, replace
from bot.incident.closing.open_items import OpenItem, acceptable, accepted, not_among
from bot.incident.model import Actor, IfFailing, Right, Strategy
from bot.incident.overlap.rules import SERVES_FOR, overlapping
from bot.incident.overlap.strategy import ONE_AT_A_TIME
from bot.incident.refusals import Declined, clean, demand, secret_named
from bot.incident.state import Incident, SecretState
from bot.incident.steps.rules import waiting_steps

Events = tuple[e.Event, ...]
STRATEGY = "strategy"
EXTENSION = "extension"
CLOSURE = "closure"
REDACTION = "redaction"


def proposal_digest(incident: Incident, proposal: Proposal) -> str:
    """What the buttons and the command carry: bound to what is proposed, of what, by whom and why."""
    document: list[object] = [incident.id, proposal.number, proposal.what, proposal.subject, proposal.by]
    document += [proposal.reason, *([list(proposal.items)] if proposal.items else [])]
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
    if body.strategy is Strategy.OVERLAP and secret.entry.capabilities.swaps:
        raise Declined(f"{secret.name} cannot overlap: {ONE_AT_A_TIME}.")
    if body.strategy is Strategy.OVERLAP and secret.abused is not None:
        raise Declined(f"{secret.name} cannot overlap: {secret.abused.name} has recorded that it is being abused.")
    if body.strategy is Strategy.KILL_FIRST:
        chosen = e.StrategyChosen(secret.name, body.strategy, reason, actor.recorded)
        if secret.revoked_by_person:
            return (chosen,)
        after = replace(secret, strategy=body.strategy)
        return chosen, kill_asked(put(incident, after), after, actor, at, free)
    if secret.strategy is Strategy.OVERLAP and body.if_failing is IfFailing.END:
        return (e.StrategyChosen(secret.name, body.strategy, reason, actor.recorded, if_failing=body.if_failing),)
    return (_proposal(incident, STRATEGY, secret.name, reason, actor, at, body.if_failing),)


def extend(incident: Incident, body: c.ExtendRollBack, actor: Actor, at: datetime) -> Events:
    """A leaked value that serves production may do so for longer only with a second person's word."""
    secret = _extensible(incident, body.secret)
    return (_proposal(incident, EXTENSION, secret.name, clean(body.reason, "reason"), actor, at),)


def _extensible(incident: Incident, name: str) -> SecretState:
    secret = secret_named(incident, name)
    if secret.new.serves_until is None or not overlapping(secret):
        raise Declined(f"{secret.name} was not rolled back: there is no time to extend.")
    if secret.gone or secret.old.revoke_began_at is not None or secret.abused is not None:
        raise Declined(f"{secret.name}: its old value is {secret.old_state}, and must not serve any longer.")
    return secret


def close(incident: Incident, body: c.Close, actor: Actor, at: datetime) -> Events:
    """All steps over and nothing open: closed at once. What is open the actor accepts by name, with a reason; where a
    key, or what it may have left behind, is among it, a second person must agree.
    """
    demand(actor, Right.COMMAND)
    if steps := waiting_steps(incident):
        titles = ", ".join(f"“{step.definition.title}”" for step in steps)
        raise Declined(f"Not closed: {titles} {'is' if len(steps) == 1 else 'are'} neither done nor skipped.")
    left = acceptable(incident)
    if not left:
        return (e.IncidentClosed(),)
    if unnamed := not_among(left, frozenset(body.accept)):
        raise Declined(f"Not closed: {_words(unnamed)}. {_to_accept(left)}")
    reason = clean(body.reason, "reason for closing over what is open")
    if not any(item.second for item in left):
        return (e.IncidentClosed((), reason, accepted(left)),)
    items = tuple(item.key for item in left)
    return (_proposal(incident, CLOSURE, _words(left), reason, actor, at, items=items),)


def abuse(incident: Incident, body: c.RecordAbuse, actor: Actor, at: datetime, free: int) -> Events:
    """Abuse ends an overlap: whoever records it has chosen to kill first, and has decided on the kill."""
    secret = secret_named(incident, body.secret)
    text = clean(body.text, "abuse")
    recorded = e.AbuseRecorded(secret.name, text)
    if not overlapping(secret) or secret.gone or secret.old.revoked_at is not None or secret.revoked_by_person:
        return (recorded,)
    chosen = e.StrategyChosen(secret.name, Strategy.KILL_FIRST, f"it is being abused: {text}", actor.recorded)
    after = replace(secret, strategy=Strategy.KILL_FIRST)
    return recorded, chosen, kill_asked(put(incident, after), after, actor, at, free)


def _words(items: tuple[OpenItem, ...]) -> str:
    return "; ".join(item.words for item in items)


def _to_accept(left: tuple[OpenItem, ...]) -> str:
    second = "; a second person must agree" if any(item.second for item in left) else ""
    return f"Do what is open, or accept each by name with a reason{second}."


def _proposal(
    incident: Incident,
    what: str,
    subject: str,
    reason: str,
    actor: Actor,
    at: datetime,
    if_failing: IfFailing = IfFailing.KEEP,
    items: tuple[str, ...] = (),
) -> e.ProposalMade:
    if not one_human(actor.name):
        raise Declined(
            f"{actor.name} is not in the people file. Whose account it is nobody can tell, so somebody who is must "
            "propose this."
        )
    until = at + timedelta(seconds=incident.timings.approval_expires)
    return e.ProposalMade(incident.proposals + 1, what, subject, reason, until, actor.recorded, if_failing, items=items)


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
    if proposal.what == EXTENSION:
        demand(actor, Right.RESPOND)
        serves = _extensible(incident, proposal.subject).new.serves_until or at
        until = max(serves, at) + SERVES_FOR
        return approved, e.RollBackExtended(proposal.subject, until, proposal.by, proposal.reason)
    if steps := waiting_steps(incident):
        raise Declined(f"Not closed: {len(steps)} steps are open again.")
    left = acceptable(incident)
    if more := not_among(left, frozenset(proposal.items)):
        raise Declined(f"Not closed: more is left than was proposed. {_words(more)}. Propose it again.")
    reason = f"{proposal.reason} (proposed by {proposal.by})"
    return (approved, e.IncidentClosed(incident.unfinished, reason, accepted(left)))


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
