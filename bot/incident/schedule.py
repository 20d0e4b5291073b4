"""What can run now, and when something next can: both from one walk over the state.

Each secret has two lanes, old and new; each function is a lane of its own; so are the channel, the page, the report and
the reading of usage. What a lane wants next stands in a table, in `schedule.py` of its subject. The strategy is nothing
but the guard on `revoke`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incident.access import schedule as access
from bot.incident.approval import deadlines as approval_deadlines
from bot.incident.approval.deadlines import review_due
from bot.incident.clocks import next_reminder
from bot.incident.closing import schedule as closing
from bot.incident.consumers import schedule as consumers
from bot.incident.lanes import CLOCK_LANE, Lane
from bot.incident.new_value import schedule as new_value
from bot.incident.old_value import deadlines as old_value_deadlines
from bot.incident.old_value import schedule as old_value
from bot.incident.operations import OPERATIONS, Failure, Op, Work
from bot.incident.order import in_order
from bot.incident.overlap import deadlines as overlap_deadlines
from bot.incident.paging import deadlines as paging_deadlines
from bot.incident.paging import schedule as paging
from bot.incident.reminders import deadlines as reminders_deadlines
from bot.incident.routine import deadlines as routine_deadlines
from bot.incident.standing_down import deadlines as standing_down_deadlines
from bot.incident.state import Incident
from bot.incident.tracker import schedule as tracker
from bot.incident.updates import schedule as updates
from bot.priority import Priority

PAGE_AGAIN = timedelta(minutes=15)
MAY_PASS = frozenset({"Unreachable", "Unexpected", "Throttled"})
"""Errors of a pager that may be over by then."""
FIRST = {
    op: place
    for place, op in enumerate([Op.ROLL_BACK, Op.END_ORPHAN, Op.VERIFY_LIVE, Op.PROMOTE, Op.VERIFY, Op.RECEIVE])
}
"""Of several new values, first the one that is nearest to being live."""


def pending(incident: Incident, now: datetime) -> list[Work]:
    """The operations that can run at `now`, most urgent first; at most one a lane."""
    ready: dict[Lane, Work] = {}
    for work in agenda(incident, now):
        if work.ready_at <= now and work.lane not in ready:
            ready[work.lane] = work
    return list(ready.values())


def due(incident: Incident, now: datetime) -> datetime | None:
    """The next time after `now` at which something can run by itself; None if nothing will."""
    return min((work.ready_at for work in agenda(incident, now) if work.ready_at > now), default=None)


def agenda(incident: Incident, now: datetime) -> Iterator[Work]:
    """All that free lanes want to do and when. Kills come before making, making before looking; no kill waits for the
    proof of another, and no value that could go live for one that is not made yet.
    """
    yield from _clock(incident, now)
    if not incident.halted or not incident.open:
        secrets = in_order(incident)
        old = [work for secret in secrets for work in _scheduled(incident, old_value.schedule(incident, secret, now))]
        new = [work for secret in secrets for work in _scheduled(incident, new_value.schedule(incident, secret, now))]
        yield from sorted(old, key=lambda work: OPERATIONS[work.op].priority is not Priority.REVOKE)
        yield from sorted(new, key=lambda work: FIRST.get(work.op, len(FIRST)))
        yield from _scheduled(incident, consumers.functions(incident, now))
    yield from _scheduled(incident, _surroundings(incident, now))


def _surroundings(incident: Incident, now: datetime) -> Iterator[Work]:
    yield from paging.schedule(incident, now)
    for secret in incident.secrets.values():
        yield from access.schedule(incident, secret, now)
        yield from old_value.deletion(incident, secret, now)
    for secret in incident.secrets.values():
        yield from access.siblings(incident, secret, now)
    yield from updates.schedule(incident, now)
    yield from tracker.schedule(incident, now)
    yield from closing.schedule(incident, now)


def _clock(incident: Incident, now: datetime) -> Iterator[Work]:
    """Deadlines that need no outside call. That of the decision on notification outlasts the close."""
    times = [deadline for deadline in _deadlines(incident, now) if deadline is not None] if incident.open else []
    times += filter(
        None, [next_reminder(incident), *(review_due(incident, secret) for secret in incident.secrets.values())]
    )
    if times:
        yield Work(Op.TICK, CLOCK_LANE, incident.id, min(times))


def _deadlines(incident: Incident, now: datetime) -> Iterator[datetime | None]:
    yield from approval_deadlines.deadlines(incident, now)
    yield from paging_deadlines.deadlines(incident)
    yield from standing_down_deadlines.deadlines(incident)
    yield from reminders_deadlines.deadlines(incident)
    yield from overlap_deadlines.deadlines(incident)
    yield from old_value_deadlines.deadlines(incident, now)
    yield from routine_deadlines.deadlines(incident)


def _scheduled(incident: Incident, works: Iterator[Work]) -> Iterator[Work]:
    """Leaves out busy lanes and what failed for good, and puts off what has to wait for its retry."""
    for work in works:
        lane = incident.lane(work.lane)
        if lane.claim is not None:
            continue
        ready = max(work.ready_at, lane.waits_until) if lane.waits_until else work.ready_at
        failure = lane.failure
        if failure is not None and failure.stands_against(work):
            again = failure.retry_at if not failure.final else _after_all(incident, failure)
            if again is None:
                continue
            ready = max(ready, again)
        elif failure is not None and failure.final and _holds_up(failure.op, work.op):
            continue
        yield Work(work.op, work.lane, work.subject, ready, lane.attempts.get(work.op, 0) + 1, work.detail)


def _after_all(incident: Incident, failure: Failure) -> datetime | None:
    """When what failed for good is tried again without anybody's retry; None for most. A dead value's proof is looked
    for on and on, and a pager that did not answer is asked now and then: somebody has to be woken.
    """
    if failure.op is Op.PROVE:
        return failure.at + timedelta(seconds=incident.timings.watch)
    return failure.at + PAGE_AGAIN if failure.op is Op.PAGE and failure.error in MAY_PASS else None


def _holds_up(failed: Op, wanted: Op) -> bool:
    """Whether what failed for good stops the lane. A snapshot never stops a kill, nor one call to a pager the next;
    looking and clearing up go on.
    """
    return not OPERATIONS[wanted].beside and OPERATIONS[failed].holds_lane
