"""What can run now, and when something next can: both from one walk over the state.

Each secret has two lanes, old and new; each function is a lane of its own; so are the channel, the page, the report and
the reading of usage. The next operation of a lane is the first thing that the state lacks. The strategy is nothing but
the guard on `revoke`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incident.model import Makes, Strategy
from bot.incident.operations import (
    BESIDE,
    CHANNEL_LANE,
    CLOCK_LANE,
    PAGE_LANE,
    REPORT_LANE,
    Op,
    Work,
    function_lane,
    new_lane,
    old_lane,
    usage_lane,
)
from bot.incident.plan import approval_missing, approved, kill_allowed, plan_of, plan_started
from bot.incident.state import Incident, SecretState

AFTER_CLOSE = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
"""When a dead value is looked at again, counted from the close."""

PAGE_WAITS_FOR_CHANNEL = timedelta(seconds=5)
REFRESH_WAITS = timedelta(seconds=1)
QUICK_PROBE = (1.0, 5.0)
"""Bounds, in seconds, of the pause between probes while a revocation spreads."""


def pending(incident: Incident, now: datetime) -> list[Work]:
    """The operations that can run at `now`, most urgent first; at most one a lane."""
    ready: dict[str, Work] = {}
    for work in agenda(incident, now):
        if work.ready_at <= now and work.lane not in ready:
            ready[work.lane] = work
    return list(ready.values())


def due(incident: Incident, now: datetime) -> datetime | None:
    """The next time after `now` at which something can run by itself; None if nothing will."""
    return min((work.ready_at for work in agenda(incident, now) if work.ready_at > now), default=None)


def agenda(incident: Incident, now: datetime) -> Iterator[Work]:
    """All that free lanes want to do and when. Kills come before making, making before looking."""
    yield from _clock(incident, now)
    if not incident.halted:
        for secret in incident.secrets.values():
            yield from _scheduled(incident, _old_track(incident, secret, now))
        for secret in incident.secrets.values():
            yield from _scheduled(incident, _new_track(incident, secret))
        yield from _scheduled(incident, _functions(incident))
    yield from _scheduled(incident, _surroundings(incident))


def _scheduled(incident: Incident, works: Iterator[Work]) -> Iterator[Work]:
    """Leaves out busy lanes and what failed for good, and puts off what has to wait for its retry."""
    for work in works:
        lane = incident.lane(work.lane)
        if lane.claim is not None:
            continue
        ready = max(work.ready_at, lane.waits_until) if lane.waits_until else work.ready_at
        failure = lane.failure
        if failure is not None and failure.op is work.op:
            if failure.final and work.op is not Op.PROVE:
                continue
            pause = timedelta(seconds=incident.timings.watch)
            ready = max(ready, failure.at + pause if failure.final else failure.retry_at)
        elif failure is not None and failure.final and _holds_up(failure.op, work.op):
            continue
        yield Work(work.op, work.lane, work.subject, ready, lane.attempts.get(work.op, 0) + 1, work.detail)


def _holds_up(failed: Op, wanted: Op) -> bool:
    """Whether what failed for good stops the lane. A snapshot never stops a kill; looking and clearing up go on."""
    return wanted not in BESIDE and failed is not Op.SNAPSHOT


# --- the leaked value -----------------------------------------------------------------------------------------------


def _old_track(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Work]:
    lane, old = old_lane(secret.name), secret.old

    def work(op: Op, at: datetime) -> Work:
        return Work(op, lane, secret.name, at)

    if not incident.open:
        yield from _after_close(incident, secret)
    elif old.captured_at is None:
        yield work(Op.CAPTURE, secret.added.at)
    elif secret.gone:
        return
    elif old.revoked_at is not None:
        yield work(Op.PROVE, _next_probe(incident, secret))
    else:
        revoke_at = _revoke_at(incident, secret, now)
        # Once the kill may go on without the snapshot, the two must not take turns at failing.
        if old.snapshot_at is None and (revoke_at is None or now < revoke_at):
            yield work(Op.SNAPSHOT, old.captured_at)
        if revoke_at is not None:
            yield work(Op.REVOKE, revoke_at)
        failure = incident.lane(lane).failure
        if old.last_probe_at is not None and (secret.revoked_by_person or (failure is not None and failure.final)):
            yield work(Op.PROVE, _next_probe(incident, secret))


def _revoke_at(incident: Incident, secret: SecretState, now: datetime) -> datetime | None:
    """When the old value may be revoked; None while something other than time is missing."""
    old, entry = secret.old, secret.entry
    if secret.revoked_by_person or old.captured_at is None or not kill_allowed(incident, secret, now):
        return None
    if entry.abilities.identifies and not old.key_id:
        return None  # not found, or two candidates: a person chooses
    if entry.abilities.revoke_needs_replacement and not secret.new.staged:
        return None
    ready = old.snapshot_at or old.captured_at + timedelta(seconds=incident.timings.snapshot)
    if secret.strategy is Strategy.OVERLAP and secret.kill is None and secret.glass is None and secret.new.wanted:
        end = overlap_end(incident, secret)
        return None if end is None else max(ready, end)
    return ready


def overlap_end(incident: Incident, secret: SecretState) -> datetime | None:
    """When the overlap of both values ends; None until the new one is live."""
    if secret.strategy is not Strategy.OVERLAP or secret.new.live_at is None:
        return None
    return secret.new.live_at + timedelta(seconds=incident.timings.overlap)


def _next_probe(incident: Incident, secret: SecretState) -> datetime:
    old, timings = secret.old, incident.timings
    if old.last_probe_at is None:
        return old.revoked_at or secret.added.at
    watch = old.last_probe_at + timedelta(seconds=timings.watch)
    if old.revoked_at is None or old.overdue or secret.refused_without_baseline:
        return watch
    if old.last_probe_at < old.revoked_at:
        return old.revoked_at
    if old.refusals is not None:
        return old.refusals.last_at + timedelta(seconds=timings.confirm)
    low, high = QUICK_PROBE
    return old.last_probe_at + timedelta(seconds=min(max(timings.confirm / 6, low), high))


def _after_close(incident: Incident, secret: SecretState) -> Iterator[Work]:
    assert incident.closed is not None
    lane, old = old_lane(secret.name), secret.old
    if old.captured_at is None or old.unstaged:
        return
    if old.probes_after_close < len(AFTER_CLOSE):
        yield Work(Op.PROVE, lane, secret.name, incident.closed.at + AFTER_CLOSE[old.probes_after_close])
    elif old.staged is not None and old.last_probe_at is not None:
        yield Work(Op.UNSTAGE_OLD, lane, secret.name, old.last_probe_at)


# --- the replacement ------------------------------------------------------------------------------------------------


def _new_track(incident: Incident, secret: SecretState) -> Iterator[Work]:
    lane, new, old = new_lane(secret.name), secret.new, secret.old

    def work(op: Op, at: datetime, detail: str = "") -> Work:
        return Work(op, lane, secret.name, at, detail=detail)

    orphan = next((key for key, ended in new.doomed.items() if not ended), None)
    if orphan is not None:
        yield work(Op.END_ORPHAN, incident.last_at, orphan)
    elif new.inbox and incident.open and new.promoted_at is None:
        yield work(Op.RECEIVE, incident.last_at)
    elif not incident.open or not new.wanted or secret.restored:
        yield from _clearing(incident, secret)
    elif not new.staged:
        yield from _making(secret)
    elif new.verified_at is None:
        yield work(Op.VERIFY, new.staged_at or incident.last_at)
    elif new.promoted_at is None:
        if old.current or secret.new.wanted:
            yield work(Op.PROMOTE, new.verified_at)
    elif _functions_ready(incident, secret):
        yield work(Op.VERIFY_LIVE, new.promoted_at)
    failure = incident.lane(lane).failure
    if new.sweep_at is not None and failure is not None and failure.final and not secret.restored:
        yield work(Op.SWEEP, new.sweep_at)


def _making(secret: SecretState) -> Iterator[Work]:
    lane, old = new_lane(secret.name), secret.old
    abilities = secret.entry.abilities
    if abilities.makes is Makes.PERSON or old.captured_at is None or secret.new.held:
        return
    if old.snapshot_at is None and abilities.snapshots and old.revoked_at is None and not secret.gone:
        return  # it comes, or the kill goes on without it; where neither will, there is nothing to wait for
    start = old.snapshot_at or old.revoked_at or old.captured_at
    if abilities.copies_scopes and not old.scopes_known:
        yield Work(Op.READ_SCOPES, lane, secret.name, start)
        return
    op = Op.ISSUE if abilities.makes is Makes.ISSUE else Op.INSTALL
    yield Work(op, lane, secret.name, start)


def _clearing(incident: Incident, secret: SecretState) -> Iterator[Work]:
    lane, new = new_lane(secret.name), secret.new
    if new.sweep_at is not None:
        yield Work(Op.SWEEP, lane, secret.name, new.sweep_at)
    elif new.staged and not new.unstaged and (secret.gone or not incident.open):
        yield Work(Op.UNSTAGE, lane, secret.name, incident.last_at)


def _functions_ready(incident: Incident, secret: SecretState) -> bool:
    return all(not _stale(incident, consumer.function, secret.new.versions) for consumer in secret.entry.consumers)


def _stale(incident: Incident, function: str, wanted: object) -> bool:
    state = incident.functions.get(function)
    assert isinstance(wanted, dict)
    return any(state is None or state.versions.get(name, 0) < version for name, version in wanted.items())


def wanted_versions(incident: Incident, function: str) -> dict[str, int]:
    """The parameter versions that a function has to read, of all secrets promoted so far."""
    wanted: dict[str, int] = {}
    for secret in incident.secrets.values():
        if any(consumer.function == function for consumer in secret.entry.consumers):
            for parameter, version in secret.new.versions.items():
                wanted[parameter] = max(version, wanted.get(parameter, 0))
    return wanted


def _functions(incident: Incident) -> Iterator[Work]:
    if not incident.open:
        return
    names = {consumer.function for secret in incident.secrets.values() for consumer in secret.entry.consumers}
    for function in sorted(names):
        wanted = wanted_versions(incident, function)
        if not wanted or not _stale(incident, function, wanted):
            continue
        readers = [s for s in incident.secrets.values() if any(c.function == function for c in s.entry.consumers)]
        promoted = max(s.new.promoted_at for s in readers if s.new.promoted_at is not None)
        making = any(_being_made(incident, secret) for secret in readers)
        yield Work(Op.REFRESH, function_lane(function), function, promoted + REFRESH_WAITS if making else promoted)


def _being_made(incident: Incident, secret: SecretState) -> bool:
    """Whether this secret's new value is on its way without trouble: a function waits a moment to take both at once."""
    if not secret.new.wanted or secret.new.promoted_at is not None:
        return False
    if secret.made_by_person and not secret.new.staged:
        return False
    return incident.lane(new_lane(secret.name)).failure is None


# --- channel, page, usage, report, deadlines ------------------------------------------------------------------------


def _surroundings(incident: Incident) -> Iterator[Work]:
    if not incident.channel and incident.open:
        yield Work(Op.OPEN_CHANNEL, CHANNEL_LANE, incident.id, incident.declared.at)
    yield from _page(incident)
    for secret in incident.secrets.values():
        yield from _usage(incident, secret)
    report = incident.report
    if report.requested_at is not None:
        yield Work(Op.REPORT, REPORT_LANE, incident.id, report.requested_at)
    elif incident.closed is not None and (report.decisions_at is None or report.decisions_at < incident.closed.at):
        yield Work(Op.DECISIONS, REPORT_LANE, incident.id, incident.closed.at)


def _page(incident: Incident) -> Iterator[Work]:
    page = incident.page

    def work(action: str, at: datetime) -> Work:
        return Work(Op.PAGE, PAGE_LANE, incident.id, at, detail=action)

    if incident.closed is not None:
        if page.triggered_at is not None and page.resolved_at is None:
            yield work("resolve", incident.closed.at)
    elif page.triggered_at is None:
        start = incident.declared.at
        no_use_waiting = incident.channel or incident.lane(CHANNEL_LANE).failure is not None
        yield work("trigger", start if no_use_waiting else start + PAGE_WAITS_FOR_CHANNEL)
    elif incident.responded is not None and page.acknowledged_at is None:
        yield work("acknowledge", incident.responded.at)
    elif page.notes_sent < len(incident.milestones):
        yield work("note", incident.last_at)


def _usage(incident: Incident, secret: SecretState) -> Iterator[Work]:
    if secret.old.captured_at is None or not incident.open:
        return
    seen = incident.usage.get(secret.name)
    if seen is None or (secret.gone and not seen.after_containment):
        yield Work(Op.USAGE, usage_lane(secret.name), secret.name, secret.old.captured_at)


def _clock(incident: Incident, now: datetime) -> Iterator[Work]:
    """Deadlines that need no outside call."""
    if not incident.open:
        return
    times = [deadline for deadline in _deadlines(incident, now) if deadline is not None]
    if times:
        yield Work(Op.TICK, CLOCK_LANE, incident.id, min(times))


def _deadlines(incident: Incident, now: datetime) -> Iterator[datetime | None]:
    if incident.proposal is not None:
        yield incident.proposal.until
    if incident.request is not None:
        yield incident.request.until
    for secret in incident.secrets.values():
        if unasked(incident, secret, now):
            yield secret.old.captured_at
        else:
            yield from _asked_again(incident, secret, now)
        old = secret.old
        if old.revoked_at is not None and not secret.gone and not old.overdue:
            yield old.revoked_at + timedelta(seconds=incident.timings.retry_for)


def _asked_again(incident: Incident, secret: SecretState, now: datetime) -> Iterator[datetime]:
    """When a second person will be asked once more: an approval lapses unused, or an overlap ends without one."""
    if secret.approval is not None and secret.old.revoked_at is None and approved(incident, secret, now):
        if not plan_started(incident, secret):
            yield secret.approval.until
    elif approval_missing(incident, secret, now):
        end = overlap_end(incident, secret)
        if end is not None and end > now:
            yield end


def unasked(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether this secret waits for a second person whom nobody has asked yet for this very plan."""
    if not approval_missing(incident, secret, now):
        return False
    digest = plan_of(incident, secret).digest
    if incident.rejected_plans.get(secret.name) == digest:
        return False
    end = overlap_end(incident, secret)
    request = incident.request
    if request is None or request.plans.get(secret.name) != digest:
        return True
    return end is not None and request.at < end <= now
