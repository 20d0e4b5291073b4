"""Offers of consent: to the waiting plan, to a proposal, to a revocation; broken glass and its review."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.incident import commands as c
from bot.incident.approval.asking import to_ask
from bot.incident.approval.basis import (
    MissingConsent,
    approval_missing,
    consenting,
    glass_offered,
    kill_basis,
    press_missing,
    slot_wanted,
)
from bot.incident.approval.kills import glass_digest
from bot.incident.approval.plan import end_of, kill_wanted, owner_kept, plan_of, revoked_by_hand, waiting_plans
from bot.incident.approval.proposals import CLOSURE, REDACTION, RESUMPTION, SCOPES, SESSIONS, STRATEGY, proposal_digest
from bot.incident.lanes import old_lane
from bot.incident.model import Right
from bot.incident.offer import APPROVER, NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.operations import Op
from bot.incident.overlap.rules import held_by_readers, kept_while_failing, serves_again
from bot.incident.state import Incident, SecretState
from bot.incident.two_people import others_words

DIGITS = 16
"""So much of a proposal's digest names it: to type the name, someone has seen it."""


def consents(incident: Incident, now: datetime) -> Iterator[Offer]:
    """Offers on the waiting plan, and on the proposal."""
    request, proposal, plans = incident.request, incident.proposal, waiting_plans(incident)
    if request is not None and plans:
        digest, names = request.digest, ", ".join(plans)
        whom = dict.fromkeys(_whom(incident, name, now) for name in plans)
        reason = f"a second person must approve the plan of {names}: {'; '.join(filter(None, whom))}"
        yield Offer(c.ApprovePlan, c.ApprovePlan(digest), names, reason, tuple(_second(incident, plans, now)), NEEDED)
        yield Offer(c.RejectPlan, c.RejectPlan(digest, ""), names, f"if the plan of {names} is wrong", APPROVER)
    if proposal is not None:
        what = _PROPOSED[proposal.what].format(proposal, ", ".join(proposal.items))
        rights = frozenset({Right.APPROVE, Right.RESPOND} if proposal.what == STRATEGY else {Right.APPROVE})
        digest = proposal_digest(incident, proposal)
        reason = f"{proposal.by} proposes {what}; anyone with approve except {proposal.by} can agree"
        who = (Who(rights, frozenset({proposal.by}), human=True),)
        agree, no = c.ApproveProposal(digest), c.RejectProposal(digest, "")
        yield Offer(c.ApproveProposal, agree, digest[:DIGITS], reason, who, NEEDED)
        yield Offer(c.RejectProposal, no, digest[:DIGITS], f"to refuse what {proposal.by} proposes", APPROVER)


_PROPOSED = {
    STRATEGY: "overlap for {0.subject}",
    CLOSURE: "closing over {0.subject}",
    SCOPES: "the rights of the new {0.subject}: {1}",
    SESSIONS: "to end the sessions of role {0.items[0]} opened before {0.items[1]}",
    RESUMPTION: "to resume all revocations",
    REDACTION: "removing the text of event {0.subject}",
}


def _whom(incident: Incident, name: str, now: datetime) -> str:
    basis = kill_basis(incident, incident.secrets[name], now)
    return basis.whom if isinstance(basis, MissingConsent) else ""


def _second(incident: Incident, plans: Iterable[str], now: datetime) -> Iterator[Who]:
    """People whose consent adds to the plan of at least one secret: with `approve`, or without it if a person with it
    has agreed.
    """
    given, approved, owners = [], [], set[str]()
    for name in plans:
        secret = incident.secrets[name]
        names = frozenset(consent.name for consent in consenting(incident, secret, now))
        basis = kill_basis(incident, secret, now)
        given.append(names)
        if isinstance(basis, MissingConsent) and basis.approver and basis.owner:
            owners.add(basis.owner)
        if isinstance(basis, MissingConsent) and not basis.approver:
            approved.append(names)
    yield Who(frozenset({Right.RESPOND, Right.APPROVE}), frozenset.intersection(*given), human=True)
    if owners:
        yield Who(frozenset({Right.RESPOND}), frozenset.intersection(*given), human=True, only=frozenset(owners))
    if approved:
        yield Who(frozenset({Right.RESPOND}), frozenset.intersection(*approved), human=True)


def waits_for_answer(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether a second person has been asked about its plan as it is, or is about to be."""
    if not approval_missing(incident, secret, now):
        return False
    request = incident.request
    asked = request is not None and now < request.until and secret.name in request.plans
    return asked or to_ask(incident, secret, now)


def undecided(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether no person has decided the revocation yet, so that it waits for more than a second one."""
    old = secret.old
    begun = old.revoked_at is not None or Op.REVOKE in incident.lane(old_lane(secret.name)).attempts
    pressed = kill_wanted(secret) and not press_missing(incident, secret, now)
    return not secret.gone and not begun and not pressed


def kill(incident: Incident, secret: SecretState, now: datetime, *, stuck: bool) -> Iterator[Offer]:
    open_question = undecided(incident, secret, now) and not revoked_by_hand(incident, secret)
    kept = owner_kept(incident, secret)
    kept_alive = kept_while_failing(incident, secret) or serves_again(incident, secret)
    helps = (stuck or kept_alive) and not revoked_by_hand(incident, secret)
    urgency = NEEDED if helps else SENSIBLE if open_question or kept else POSSIBLE
    given: frozenset[str] = frozenset()
    if secret.kill is not None and not slot_wanted(incident, secret, now):
        given = frozenset(consent.name for consent in consenting(incident, secret, now))
    if incident.routine:
        held = secret.held_at is not None and held_by_readers(incident, secret)
        urgency = SENSIBLE if held else POSSIBLE  # nothing leaked: it is revoked on schedule, without hurry
    reason = f"the old key still works; {secret.entry.if_killed or 'revokes it now'}"
    if kept:
        reason = "ask again for the plan that was refused"
    who = (Who(frozenset({Right.RESPOND}), given),)
    body = c.KillNow(secret.name, plan_of(incident, secret, at_once=True).digest)
    yield Offer(c.KillNow, body, secret.name, reason, who, urgency, secret.name)


def glass(incident: Incident, secret: SecretState, now: datetime) -> Offer:
    offered = glass_offered(incident, secret, now)
    reason = "if no approver can be reached and it cannot wait: revokes without a second approver; reviewed afterwards"
    body = c.BreakGlass({secret.name: end_of(incident, secret)}, "")
    return Offer(c.BreakGlass, body, secret.name, reason, RESPONDER, SENSIBLE if offered else POSSIBLE, secret.name)


def review(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    if secret.broken is None:
        return
    who = tuple(Who(frozenset({right}), secret.in_the_glass, human=True) for right in (Right.APPROVE, Right.COMMAND))
    others = others_words(secret.reviewers_missing)
    reason = f"{secret.broken.name} broke the glass; {others} with approve or command must review it"
    body = c.ReviewGlass("", glass_digest(incident, [secret.name]), (secret.name,))
    yield Offer(c.ReviewGlass, body, secret.name, reason, who, NEEDED)
