"""How consent changes: plans, broken glass and proposals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from bot.incident import events as e
from bot.incident.approval.basis import approval_missing
from bot.incident.approval.consent import answered, asked_to_kill, consented, keeping, lapsed, voided
from bot.incident.approval.plan import end_of
from bot.incident.changes import alert, decided, milestone, put, replace, responded, worse
from bot.incident.events import ApprovalEvent
from bot.incident.model import OPERATOR, By, ConsentKind, Worse
from bot.incident.shown import digest_of
from bot.incident.state import ApprovalRequest, Incident, Proposal, Review, SecretState
from bot.incident.work.rules import asks_anew


def evolve(incident: Incident, event: ApprovalEvent, by: By) -> Incident:
    match event:
        case e.KillRequested():
            return decided(incident, asked_to_kill(incident, incident.secrets[event.secret], by, event), by)
        case e.PlanApproved():
            given = {name: (incident.secrets[name], digest) for name, digest in event.plans.items()}
            approved = {name: consented(s, by, event.rights, plan, event.until) for name, (s, plan) in given.items()}
            return responded(_with(incident, approved), by)
        case e.PlanRejected():
            over = {name: lapsed(answered(voided(incident.secrets[name])), by) for name in event.plans}
            rejected = {**incident.rejected_plans, **event.plans}
            return responded(replace(_with(incident, over), request=None, rejected_plans=rejected), by)
        case e.ApprovalRequested():
            return _requested(incident, event, by)
        case e.ApprovalExpired():
            return replace(incident, request=None)
        case e.ConsentWithdrawn():
            secret, departs = incident.secrets[event.secret], event.kind is ConsentKind.DEPARTURE
            after = lapsed(secret, by) if departs else keeping(secret, lambda name, _at: name != event.name)
            return milestone(put(incident, after), "an approval of a revocation no longer counts")
        case e.GlassBroken() | e.GlassReviewed() | e.GlassOffered():
            return _glass(incident, event, by)
        case e.ProposalMade():
            return replace(incident, proposal=_made(incident, event, by), proposals=event.number)
        case e.ProposalApproved() | e.ProposalRejected():
            return replace(incident, proposal=None)
        case _:
            assert_never(event)


def still_asked(incident: Incident, before: Incident, at: datetime) -> Incident:
    """A request for approval keeps only what still waits for it: a revocation by other means answers it. It waits until
    its secret, or the common basis of all plans, changes; time alone only makes consent lapse.
    """
    request = incident.request
    if request is None:
        return incident
    known = before.secrets if before.request is request and _same_for_all(before, incident) else {}
    plans = {
        name: digest
        for name, digest in request.plans.items()
        if known.get(name) is (secret := incident.secrets[name]) or approval_missing(incident, secret, at)
    }
    if len(plans) == len(request.plans):
        return incident
    over = {name: answered(incident.secrets[name]) for name in request.plans if name not in plans}
    left = replace(request, plans=plans) if plans else None
    return replace(incident, secrets={**incident.secrets, **over}, request=left)


def _same_for_all(before: Incident, after: Incident) -> bool:
    """Whether everything that a consent depends on besides its own secret is unchanged."""
    same = before.playbook is after.playbook and before.timings is after.timings and before.hold is after.hold
    return same and not after.routine


def _with(incident: Incident, changed: Mapping[str, SecretState]) -> Incident:
    return replace(incident, secrets={**incident.secrets, **changed})


def _requested(incident: Incident, event: e.ApprovalRequested, by: By) -> Incident:
    secrets = (incident.secrets[name] for name in event.plans)
    asked = {secret.name: replace(secret, asked_at=secret.asked_at or by.at) for secret in secrets}
    request = ApprovalRequest(event.plans, event.until, by.at, digest_of([dict(event.plans), by.at.isoformat()]))
    if incident.request is None:
        incident = asks_anew(incident)
    return milestone(replace(_with(incident, asked), request=request), "an approval is needed")


def _glass(incident: Incident, event: e.GlassBroken | e.GlassReviewed | e.GlassOffered, by: By) -> Incident:
    meant = {name: incident.secrets[name] for name in event.secrets}
    match event:
        case e.GlassBroken():
            after = {name: replace(secret, glass=by, broken=by, reviews=()) for name, secret in meant.items()}
            unproven = " by an unidentified operator" if by.name == OPERATOR else ""
            told = alert(
                _with(incident, after), f"glass was broken{unproven}: a key is revoked without a second approver"
            )
            return milestone(responded(told, by), "break-glass was used")
        case e.GlassReviewed():
            review = Review(by, event.verdict)
            after = {name: replace(secret, reviews=(*secret.reviews, review)) for name, secret in meant.items()}
            incident = _with(incident, after)
            missing = any(secret.reviewers_missing for secret in after.values())
            return incident if missing else milestone(incident, "broken glass was reviewed")
        case e.GlassOffered():
            after = {name: replace(secret, glass_offered=True) for name, secret in meant.items()}
            return milestone(_with(worse(incident, Worse.UNANSWERED, by.at), after), Worse.UNANSWERED)
        case _:
            assert_never(event)


def _made(incident: Incident, event: e.ProposalMade, by: By) -> Proposal:
    secret = incident.secrets.get(event.subject)
    return Proposal(
        number=event.number,
        what=event.what,
        subject=event.subject,
        reason=event.reason,
        by=by.name,
        at=by.at,
        until=event.until,
        rights=frozenset(event.rights),
        cuts=event.cuts,
        items=event.items,
        details=event.details,
        end=end_of(incident, secret) if secret is not None else "",
    )
