"""What can run now, and when something next can: both from one walk over the state.

Each secret has two lanes, old and new; each function is a lane of its own; so are the channel, the page, the report and
the reading of usage. What a lane wants next is in a table, in `schedule.py` of its subject. The strategy is only the
guard on `revoke`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.incident import deadlines
from bot.incident.access import schedule as access
from bot.incident.approval.asking import others_known_by
from bot.incident.cache import Kept
from bot.incident.closing import schedule as closing
from bot.incident.consumers import schedule as consumers
from bot.incident.departure import schedule as departure
from bot.incident.lanes import CLOCK_LANE, Lane, LaneKind
from bot.incident.new_value import schedule as new_value
from bot.incident.old_value import schedule as old_value
from bot.incident.operations import OPERATIONS, Failure, Op, Work
from bot.incident.order import in_order
from bot.incident.paging import schedule as paging
from bot.incident.paging.rules import WAKES
from bot.incident.state import Incident, LaneState, SecretState
from bot.incident.steps.rules import allowed
from bot.incident.updates import schedule as updates
from bot.model.priority import Priority

PAGE_AGAIN = timedelta(minutes=15)
MAY_PASS = frozenset({"Unreachable", "Unexpected", "Throttled"})
"""Errors of a pager that may be over by then."""
FIRST = {
    op: place
    for place, op in enumerate([Op.ROLL_BACK, Op.END_ORPHAN, Op.VERIFY_LIVE, Op.PROMOTE, Op.VERIFY, Op.RECEIVE])
}
"""Of several new keys, the one nearest to being live comes first."""


def ahead(incident: Incident, now: datetime) -> tuple[list[Work], datetime | None]:
    """The operations that can run at `now`, most urgent first and at most one a lane, and the next time after it at
    which something can run by itself, None if nothing will: from one walk.
    """
    ready: dict[Lane, Work] = {}
    later: datetime | None = None
    for work in agenda(incident, now):
        if work.ready_at <= now:
            ready.setdefault(work.lane, work)
        elif later is None or work.ready_at < later:
            later = work.ready_at
    return list(ready.values()), later


def pending(incident: Incident, now: datetime) -> list[Work]:
    """The operations that can run at `now`, most urgent first; at most one a lane."""
    return ahead(incident, now)[0]


def due(incident: Incident, now: datetime) -> datetime | None:
    """The next time after `now` at which something can run by itself; None if nothing will."""
    return ahead(incident, now)[1]


def next_in(lane: Lane, incident: Incident, now: datetime) -> Work | None:
    """What this lane can begin at `now`; None if nothing. Agrees with `pending`, and is as fast for many secrets as for
    one.
    """
    return next((work for work in _agenda_of(lane, incident, now) if work.lane == lane and work.ready_at <= now), None)


def _agenda_of(lane: Lane, incident: Incident, now: datetime) -> Iterator[Work]:
    """The part of the agenda with this lane's work: enough for the same order within the lane, and no more, because
    each claim asks for it.
    """
    secret = incident.secrets.get(lane.subject)
    works_on_secrets = not incident.halted or not incident.open
    match lane.kind:
        case LaneKind.CLOCK:
            return _clock(incident, _of_secrets(incident, now).values())
        case LaneKind.OLD | LaneKind.NEW | LaneKind.FUNCTION if not works_on_secrets:
            return iter(())
        case LaneKind.OLD if secret is not None:
            return iter(_first_kills(_scheduled(incident, old_value.schedule(incident, secret, now))))
        case LaneKind.NEW if secret is not None:
            return iter(_first_live(_scheduled(incident, new_value.schedule(incident, secret, now))))
        case LaneKind.FUNCTION:
            return _scheduled(incident, consumers.functions(incident, now, lane.subject))
        case LaneKind.USAGE | LaneKind.USE | LaneKind.ACCESS if secret is not None:
            return _scheduled(incident, access.schedule(incident, secret, now))
        case LaneKind.DELETE if secret is not None:
            return _scheduled(incident, old_value.deletion(incident, secret, now))
        case _:
            return _scheduled(incident, _surroundings(incident, now))


def agenda(incident: Incident, now: datetime) -> Iterator[Work]:
    """Everything that free lanes want to do and when. Revocations come before making, making before probing; no
    revocation waits for another's proof, and no value that could go live for one that is not made yet.
    """
    wanted = _of_secrets(incident, now)
    yield from _clock(incident, wanted.values())
    if not incident.halted or not incident.open:
        in_turn = [wanted[secret.name] for secret in in_order(incident)]
        yield from _first_kills(work for each in in_turn for work in each.old)
        yield from _first_live(work for each in in_turn for work in each.new)
        yield from _scheduled(incident, consumers.functions(incident, now))
    yield from _scheduled(incident, _before_secrets(incident, now))
    yield from (work for each in wanted.values() for work in each.around)
    yield from (work for each in wanted.values() for work in each.siblings)
    yield from _scheduled(incident, _after_secrets(incident, now))


@dataclass(frozen=True)
class _Wanted:
    """What the lanes of one secret want."""

    old: tuple[Work, ...]
    new: tuple[Work, ...]
    around: tuple[Work, ...]
    siblings: tuple[Work, ...]
    deadline: datetime | None
    """The next thing that time alone brings about."""


_OTHERS = "others known by"


def _wanted(incident: Incident, secret: SecretState, now: datetime, whole: Mapping[str, Any]) -> _Wanted:
    return _Wanted(
        tuple(_scheduled(incident, old_value.schedule(incident, secret, now))),
        tuple(_scheduled(incident, new_value.schedule(incident, secret, now))),
        tuple(_scheduled(incident, _around(incident, secret, now))),
        tuple(_scheduled(incident, access.siblings(incident, secret, now))),
        min(filter(None, deadlines.of_secret(incident, secret, now, whole[_OTHERS])), default=None),
    )


_WANTED = Kept(_wanted)


def _of_secrets(incident: Incident, now: datetime) -> Mapping[str, _Wanted]:
    """By secret. What rests on all of them is found once, beforehand."""
    whole = {_OTHERS: others_known_by(incident)}
    return dict(zip(incident.secrets, _WANTED.of(incident, now, whole), strict=True))


def _first_kills(works: Iterable[Work]) -> list[Work]:
    return sorted(works, key=lambda work: OPERATIONS[work.op].priority is not Priority.REVOKE)


def _first_live(works: Iterable[Work]) -> list[Work]:
    return sorted(works, key=lambda work: FIRST.get(work.op, len(FIRST)))


def _surroundings(incident: Incident, now: datetime) -> Iterator[Work]:
    yield from _before_secrets(incident, now)
    for secret in incident.secrets.values():
        yield from _around(incident, secret, now)
    for secret in incident.secrets.values():
        yield from access.siblings(incident, secret, now)
    yield from _after_secrets(incident, now)


def _before_secrets(incident: Incident, now: datetime) -> Iterator[Work]:
    yield from paging.schedule(incident, now)
    yield from access.denies(incident, now)
    yield from departure.schedule(incident, now)


def _around(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Work]:
    yield from access.schedule(incident, secret, now)
    yield from old_value.deletion(incident, secret, now)


def _after_secrets(incident: Incident, now: datetime) -> Iterator[Work]:
    yield from updates.schedule(incident, now)
    yield from closing.schedule(incident, now)


def _clock(incident: Incident, secrets: Iterable[_Wanted]) -> Iterator[Work]:
    """Deadlines that need no outside call. Those of decisions, notices, tasks and proposals outlast the close."""
    times = (*deadlines.of_incident(incident), *(each.deadline for each in secrets))
    due = min(filter(None, times), default=None)
    if due is not None:
        yield Work(Op.TICK, CLOCK_LANE, incident.id, due)


def _scheduled(incident: Incident, works: Iterator[Work]) -> Iterator[Work]:
    """Leaves out what the playbook does not allow, busy lanes and permanent failures, and delays what has to wait for
    its retry.
    """
    for work in works:
        lane = incident.lane(work.lane)
        if lane.claim is not None or not allowed(incident, work.op):
            continue
        ready = max(work.ready_at, lane.waits_until) if lane.waits_until else work.ready_at
        failure = lane.failure
        if failure is not None and failure.stands_against(work):
            again = _after_all(incident, failure) if failure.final else _tried_again(incident, failure)
            if again is None:
                continue
            ready = max(ready, again)
        elif failure is not None and failure.final and _holds_up(failure.op, work.op):
            continue
        elif work.op is Op.PAGE and work.detail in lane.pages:
            ready = max(ready, _page_again(lane, lane.pages[work.detail]))
        yield Work(work.op, work.lane, work.subject, ready, lane.attempts.get(work.op, 0) + 1, work.detail)


def _tried_again(incident: Incident, failure: Failure) -> datetime:
    """When what failed is tried again by itself. A look does not wait for that where a person has spoken since."""
    secret = incident.secrets.get(failure.subject)
    heard = secret.heard_at if secret is not None and failure.op is Op.PROVE else None
    return failure.at if heard is not None and heard > failure.at else failure.retry_at


def _after_all(incident: Incident, failure: Failure) -> datetime | None:
    """When what failed for good is tried again without anyone's retry; None for most. A dead value's proof is looked
    for on and on, and a pager that did not answer is asked now and then: someone has to be woken.
    """
    if failure.op is Op.PROVE:
        last = incident.secrets[failure.subject].old.look_failed_at or failure.at
        return last + timedelta(seconds=incident.timings.watch)
    return failure.at + PAGE_AGAIN if failure.op is Op.PAGE and failure.error in MAY_PASS else None


def _page_again(lane: LaneState, failed: Failure) -> datetime:
    """When a failed call to a pager is repeated, while other calls succeed or fail. A success shows that the pager
    works again: then the call that wakes people is repeated at once.
    """
    if not failed.final:
        return failed.retry_at
    done = lane.done.get(Op.PAGE)
    if done is not None and done > failed.at and failed.error in MAY_PASS and failed.detail in WAKES:
        return done
    return failed.at + PAGE_AGAIN


def _holds_up(failed: Op, wanted: Op) -> bool:
    """Whether a permanent failure stops the lane. A snapshot never stops a revocation, nor one call to a pager the
    next; probes and clean-up continue.
    """
    return not OPERATIONS[wanted].beside and OPERATIONS[failed].holds_lane
