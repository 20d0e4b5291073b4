"""How the lanes of an incident change: claims, failures, and what a lost claim may leave behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from bot.incident import events as e
from bot.incident.access.evolve import inspect_again
from bot.incident.approval.basis import kill_basis
from bot.incident.approval.consent import without_consents
from bot.incident.changes import alert, milestone, put, replace, worse
from bot.incident.events import WorkEvent
from bot.incident.lanes import HALT, Lane, LaneKind, new_lane
from bot.incident.model import By, Worse
from bot.incident.new_value.transitions import claimed, make_again
from bot.incident.old_value.evolve import not_revoked_again, revoke_again, revoking
from bot.incident.operations import OPERATIONS, Claim, Failure, Op
from bot.incident.paging.evolve import maybe_told
from bot.incident.state import Basis, Incident, LaneState, SecretState
from bot.incident.work.rules import NEEDS_PERSON, lane_of, not_put_back, put_lane

STARTS_PLAN = frozenset({Op.REVOKE, Op.PROMOTE})
HALF_WAY = frozenset({Op.REVOKE, Op.PROMOTE, Op.ROLL_BACK})
"""Operations that change what consumers use: after a permanent failure their progress is unknown."""
READ_BY_OTHERS = 1000
"""More events than another worker can have read of a log beyond the one that says that its end is lost."""
LOST_RECORDS = "the end of this incident's log is lost; approvals are requested again"
UNKNOWN_OUTCOME = frozenset({"Unreachable", "Unexpected"})
"""Failures after which the other side may have acted anyway."""


def evolve(incident: Incident, event: WorkEvent, by: By) -> Incident:
    """An earlier result, in `released`, has ended its claim, for any subject."""
    match event:
        case e.OperationStarted():
            return _claimed(incident, event.claim, by.at)
        case e.OperationFailed() | e.OperationYielded():
            return incident
        case e.ClaimLost() | e.OutcomeRefused():
            return _lost(incident, event, by.at)
        case e.OperationRetried():
            return _retried(incident, event.lane, by.at)
        case e.RecordsLost():
            return _cut_off(incident, event, by)
        case _:
            assert_never(event)


def _cut_off(incident: Incident, event: e.RecordsLost, by: By) -> Incident:
    """No claim gets the number of one that was lost: a thread may still come with the outcome of that. Each took an
    event at least. A key that was made meanwhile is looked for: before one is made, or once its call has had its time.
    """
    lost = max(int(event.head.partition(":")[0] or 0) - incident.seq, 0) + READ_BY_OTHERS
    cut = replace(without_consents(incident, by), claims=incident.claims + lost, losses=incident.losses + 1)
    for name, secret in incident.secrets.items():
        if secret.new.staged and not secret.new.unstaged:
            cut = _arm_sweep(cut, new_lane(name), by.at)
    return alert(milestone(cut, LOST_RECORDS), LOST_RECORDS)


def _claimed(incident: Incident, claim: Claim, at: datetime) -> Incident:
    state = incident.lane(claim.lane)
    attempts = {**state.attempts, claim.op: claim.attempt}
    after = replace(state, claim=claim, attempts=attempts, waits_until=None)
    if (secret := incident.secrets.get(claim.subject)) is not None:
        incident = _about_to(incident, secret, claim, at)
    return replace(put_lane(incident, claim.lane, after), claims=claim.number)


def _about_to(incident: Incident, secret: SecretState, claim: Claim, at: datetime) -> Incident:
    """A worker is about to do it to this secret. Its plan is carried out from the first time on."""
    if claim.op in STARTS_PLAN:
        secret = replace(secret, started_at=secret.started_at or at)
    if claim.op is Op.REVOKE:
        basis = kill_basis(put(incident, secret), secret, at)
        secret = revoking(secret, at, basis if isinstance(basis, Basis) else None)
        incident = not_put_back(incident, claim.subject)
    if claim.op is Op.LAST_USE:  # once, for any answer
        secret = replace(secret, old=replace(secret.old, use_asked_at=at))
    if claim.lane.kind is LaneKind.NEW:
        secret = claimed(secret, claim.op, at)
    return incident if secret is incident.secrets[claim.subject] else put(incident, secret)


def released(incident: Incident, event: e.Outcome, at: datetime) -> Incident:
    """Ends the claim of an outcome. A failure keeps its count as long as the same operation goes on failing."""
    held = lane_of(incident, event.claim)
    if held is None:
        return incident
    lane, state = held
    match event:
        case e.OperationFailed() if event.op is Op.PROVE and state.failed_for_good:
            # That a look failed must not hide what failed for good before it.
            return _looked_in_vain(put_lane(incident, lane, replace(state, claim=None)), lane, at)
        case e.OperationFailed():
            failure = _failure(state, event, at)
            before = state.pages.get(failure.detail)
            known = event.op is Op.PAGE and (state.failed_for_good or (before is not None and before.final))
            failed = put_lane(incident, lane, _kept(replace(state, claim=None, failure=failure), failure))
            if event.op is Op.PAGE and event.error in UNKNOWN_OUTCOME and state.claim is not None:
                failed = maybe_told(failed, state.claim)
            return failed if known else _after_failure(failed, lane, event, at)
        case e.OperationYielded():
            return put_lane(
                incident, lane, replace(_unfinished(state, event.op), claim=None, waits_until=event.retry_at)
            )
        case _:
            return put_lane(incident, lane, _succeeded(state, event, at))


def _kept(state: LaneState, failure: Failure) -> LaneState:
    """With a pager's latest failed call among all of its failed ones."""
    return replace(state, pages={**state.pages, failure.detail: failure}) if failure.op is Op.PAGE else state


def _succeeded(state: LaneState, event: e.Outcome, at: datetime) -> LaneState:
    assert state.claim is not None
    failure = state.failure if _outlives(state, event) else None
    done = {**state.done, state.claim.op: at}
    after = replace(state, claim=None, failure=failure, waits_until=None, done=done)
    return after.without_page(state.claim.detail)


def _outlives(state: LaneState, event: e.Outcome) -> bool:
    """Whether the lane's failure remains although something else succeeded: a probe of the old key does not heal a
    failed revocation, and revoking orphans does not heal the making that leaves them.
    """
    assert state.claim is not None
    if state.failure is None:
        return False
    return isinstance(event, e.OrphansFound) or (
        OPERATIONS[state.claim.op].beside and state.failure.op is not state.claim.op
    )


def _after_failure(incident: Incident, lane: Lane, event: e.OperationFailed, at: datetime) -> Incident:
    if event.op in {Op.ISSUE, Op.INSTALL} and event.error in UNKNOWN_OUTCOME:
        incident = _arm_sweep(incident, lane, at)
    if event.retry_at is not None:
        return incident
    if event.op is Op.PROVE:
        incident = _looked_in_vain(incident, lane, at)
        if not incident.open:
            return incident
    if event.op is Op.REVOKE and lane.subject in incident.secrets:
        incident = put(incident, not_revoked_again(incident.secrets[lane.subject]))
    told = milestone(incident, NEEDS_PERSON)
    if not OPERATIONS[event.op].wakes:
        return told
    return worse(told, Worse.FAILED, at, routine=_disturbs(incident, lane, event.op))


def _disturbs(incident: Incident, lane: Lane, op: Op) -> bool:
    """Whether a permanent failure makes things worse than before: a half-way revocation or change, or anything while
    the old key is revoked and the new one is not in place.
    """
    secret = incident.secrets.get(lane.subject)
    gap = secret is not None and secret.old.ended_at is not None and not secret.in_place
    return gap or op in HALF_WAY


def _looked_in_vain(incident: Incident, lane: Lane, at: datetime) -> Incident:
    """An impossible probe counts as a probe after the close, so that it is not repeated without end."""
    secret = incident.secrets[lane.subject]
    old = replace(secret.old, look_failed_at=at)
    if not incident.open:
        old = replace(old, probes_after_close=old.probes_after_close + 1)
    return put(incident, replace(secret, old=old))


def _failure(state: LaneState, event: e.OperationFailed, at: datetime) -> Failure:
    assert state.claim is not None
    detail = state.claim.detail
    before = state.failing(event.op, detail)
    if before is not None and (before.final or before.detail != detail):
        before = None
    return Failure(
        op=event.op,
        error=event.error,
        message=event.message,
        first_at=before.first_at if before else at,
        at=at,
        retry_at=event.retry_at or at,
        count=before.count + 1 if before else 1,
        final=event.retry_at is None,
        detail=detail,
        subject=state.claim.subject,
    )


def _lost(incident: Incident, event: e.ClaimLost | e.OutcomeRefused, at: datetime) -> Incident:
    if isinstance(event, e.ClaimLost):
        lost = _unfinished(incident.lane(event.lane), event.op)
        incident = put_lane(incident, event.lane, replace(lost, claim=None))
        if lost.claim is not None and event.op is Op.PAGE:
            incident = maybe_told(incident, lost.claim)
    return _arm_sweep(incident, event.lane, at) if OPERATIONS[event.op].may_leave_key else incident


def _unfinished(state: LaneState, op: Op) -> LaneState:
    return replace(state, unfinished={**state.unfinished, op: state.unfinished.get(op, 0) + 1})


def _arm_sweep(incident: Incident, lane: Lane, at: datetime) -> Incident:
    """A call with an unknown result may still act: search for what it made after the longest time-out."""
    secret = incident.secrets.get(lane.subject)
    if secret is None:
        return incident
    later = at + timedelta(seconds=incident.timings.sweep_wait)
    return put(incident, replace(secret, new=replace(secret.new, sweep_at=later, unstaged=False)))


def _retried(incident: Incident, lane: Lane, at: datetime) -> Incident:
    if lane == HALT:
        return replace(incident, halted="", halted_at=None)
    failed = incident.lane(lane).failure
    incident = put_lane(incident, lane, replace(incident.lane(lane).healed(), waits_until=None))
    secret = incident.secrets.get(lane.subject)
    if lane.kind is LaneKind.NEW and secret is not None:
        return put(incident, make_again(secret))
    if lane.kind is LaneKind.ACCESS and secret is not None:
        return put(incident, inspect_again(secret))
    claimed = secret is not None and secret.old.claimed is not None and failed is not None and failed.op is Op.REVOKE
    if lane.kind is LaneKind.OLD and secret is not None and (secret.old.overdue or claimed) and not secret.gone:
        incident = put(incident, revoke_again(incident, secret, at))
    return incident
