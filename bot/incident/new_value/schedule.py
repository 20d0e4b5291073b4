"""What the lanes of a replacement and of the functions that read it want next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from bot.incident.new_value.promotion import account_held, promoted_from, promotion_held
from bot.incident.operations import (
    Op,
    Work,
    function_lane,
    new_lane,
)
from bot.incident.order import make_hold
from bot.incident.overlap.rules import last_look_at
from bot.incident.state import Incident, SecretState
from bot.model.capabilities import Makes

TOLD_AGAIN = timedelta(minutes=1)
"""After this a value whose account could not be told is looked at again, and then less and less often."""
REFRESH_WAITS = timedelta(seconds=1)


def new_track(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Work]:
    lane, new, old = new_lane(secret.name), secret.new, secret.old

    def work(op: Op, at: datetime, detail: str = "") -> Work:
        return Work(op, lane, secret.name, at, detail=detail)

    alive = incident.open and old.revoke_began_at is None and old.revoked_at is None and not secret.gone
    orphan = next((key for key, ended in new.doomed.items() if not ended), None)
    if new.rolling_back is not None and alive:
        yield work(Op.ROLL_BACK, new.rolling_back.at)
    elif orphan is not None:
        yield work(Op.END_ORPHAN, incident.last_at, orphan)
    elif old.captured_at is None:
        return  # until the leaked value is known, nothing can be told from it: a submitted one may be the same
    elif new.inbox and incident.open and new.promoted_at is None:
        yield work(Op.RECEIVE, incident.last_at)
    elif incident.open and new.rolled_back_at is not None:
        pass  # it waits for people
    elif not incident.open or not new.wanted or new.placed_at is not None:
        yield from _clearing(incident, secret)
    elif not new.staged:
        if make_hold(incident, secret) is None:
            yield from _making(secret)
    elif new.verified_at is None:
        if secret.swapped:  # until then it is refused, and rightly
            yield work(Op.VERIFY, max(filter(None, (new.staged_at, old.ended_at)), default=incident.last_at))
    elif new.promoted_at is None:
        if not promotion_held(incident, secret):
            yield work(Op.PROMOTE, promoted_from(incident, secret, new.verified_at))
        elif account_held(secret):
            yield work(Op.VERIFY, new.verified_at + TOLD_AGAIN)  # what refused to say it may say it later
    elif functions_ready(incident, secret):
        yield work(Op.VERIFY_LIVE, new.promoted_at)
    failure = incident.lane(lane).failure
    if new.sweep_at is not None and failure is not None and failure.final and new.wanted and new.placed_at is None:
        yield work(Op.SWEEP, new.sweep_at)
    if incident.open and new.wanted and new.placed_at is not None and new.rolling_back is None:
        yield from (work(Op.CONFIRM, at) for at in _asking(incident, secret, new.placed_at, now))


def _making(secret: SecretState) -> Iterator[Work]:
    lane, old = new_lane(secret.name), secret.old
    abilities = secret.entry.abilities
    if abilities.makes is Makes.PERSON or old.captured_at is None or secret.new.held:
        return
    if old.snapshot_at is None and abilities.snapshots and old.ended_at is None and not secret.gone:
        return  # it comes, or the kill goes on without it; where neither will, there is nothing to wait for
    start = old.snapshot_at or old.ended_at or old.captured_at
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


def _asking(incident: Incident, secret: SecretState, placed: datetime, now: datetime) -> Iterator[datetime]:
    """When the consumers of a value in place are asked how they are: again for a while, and whenever one was refreshed,
    if they could not confirm it; for as long as one refuses it; and once more before the kill of an overlap.
    """
    new = secret.new
    if not any(consumer.health is not None for consumer in secret.entry.consumers):
        return
    if new.asked_at is None:
        yield placed
        return
    pause, watch = timedelta(seconds=incident.timings.confirm), timedelta(seconds=incident.timings.watch)
    given_up = (new.failing_since or placed) + timedelta(seconds=incident.timings.retry_for)
    if not new.confirmed and (new.asked_at < given_up or _refreshed_since(incident, secret, new.asked_at)):
        yield new.asked_at + pause
    elif new.failing:
        yield new.asked_at + watch
    last = last_look_at(incident, secret, now)
    if last is not None:
        yield last


def _refreshed_since(incident: Incident, secret: SecretState, asked: datetime) -> bool:
    states = [incident.functions.get(one.function) for one in secret.entry.consumers if one.health is not None]
    refreshed = [state.refreshed_at for state in states if state is not None and state.refreshed_at is not None]
    return any(at > asked for at in refreshed)


def functions_ready(incident: Incident, secret: SecretState) -> bool:
    """Whether every function reads what was last put in place."""
    return all(not _stale(incident, consumer.function, secret.new.versions) for consumer in secret.entry.consumers)


def _stale(incident: Incident, function: str, wanted: Mapping[str, int]) -> bool:
    state = incident.functions.get(function)
    return any(state is None or state.versions.get(name, 0) < version for name, version in wanted.items())


def wanted_versions(incident: Incident, function: str) -> dict[str, int]:
    """The parameter versions that a function has to read, of all secrets promoted so far."""
    wanted: dict[str, int] = {}
    for secret in incident.secrets.values():
        if any(consumer.function == function for consumer in secret.entry.consumers):
            for parameter, version in secret.new.versions.items():
                wanted[parameter] = max(version, wanted.get(parameter, 0))
    return wanted


def functions(incident: Incident) -> Iterator[Work]:
    if not incident.open:
        return
    names = {consumer.function for secret in incident.secrets.values() for consumer in secret.entry.consumers}
    for function in sorted(names):
        wanted = wanted_versions(incident, function)
        if not wanted or not _stale(incident, function, wanted):
            continue
        readers = [s for s in incident.secrets.values() if any(c.function == function for c in s.entry.consumers)]
        put = [_put_at(secret) for secret in readers if _stale(incident, function, secret.new.versions)]
        promoted = min(at for at in put if at is not None)
        making = any(_being_made(incident, secret) for secret in readers)
        yield Work(Op.REFRESH, function_lane(function), function, promoted + REFRESH_WAITS if making else promoted)


def _put_at(secret: SecretState) -> datetime | None:
    """When something was last put in place: the new value, or the old one again."""
    return secret.new.promoted_at or secret.new.rolled_back_at


def _being_made(incident: Incident, secret: SecretState) -> bool:
    """Whether this secret's new value is on its way without trouble: a function waits a moment to take both at once."""
    if not secret.new.wanted or _put_at(secret) is not None:
        return False
    if secret.made_by_person and not secret.new.staged:
        return False
    return incident.lane(new_lane(secret.name)).failure is None
