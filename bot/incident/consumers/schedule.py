"""When functions are refreshed, and when consumers are asked how they are with the new key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.incident.clocks import next_look
from bot.incident.lanes import function_lane, new_lane
from bot.incident.old_value.schedule import STILL_SO
from bot.incident.operations import Op, Work
from bot.incident.overlap.rules import last_look_at, look_after_at
from bot.incident.state import Incident, SecretState
from bot.incident.table import Moment, Row, SecretMoment, State, Table

REFRESH_WAITS = timedelta(seconds=1)
"""So long after a value was put in place a function waits for the next one that is being made."""
REFRESH_WAITS_AT_MOST = timedelta(seconds=5)
"""So long after the first of them in any case: each update of a function replaces all of its containers."""
STILL_SO_IN_A_RUN = timedelta(days=1)
"""The time between two health checks in a planned run, where nothing leaked: it may wait weeks for people and windows,
and consumers are checked before the revocation anyway.
"""


@dataclass(frozen=True)
class _Function(Moment):
    name: str
    readers: Sequence[SecretState]
    """The secrets whose values it reads."""


def functions(incident: Incident, now: datetime, only: str = "") -> Iterator[Work]:
    """All functions, by name; or this one."""
    if not incident.open:
        return
    readers = _readers(incident)
    for name in sorted(readers) if not only else {only} & readers.keys():
        yield from FUNCTION.wanted(_Function(incident, now, name, readers[name]))


def _readers(incident: Incident) -> Mapping[str, Sequence[SecretState]]:
    """By function, which secrets it reads: found in one pass for all functions. One whose role's sessions are
    denied is there too, even if it reads none.
    """
    found: dict[str, dict[str, SecretState]] = {}
    for secret in incident.secrets.values():
        for consumer in secret.entry.consumers:
            found.setdefault(consumer.function, {})[secret.name] = secret
    for deny in incident.denies.values():
        for consumer in deny.consumers:
            found.setdefault(consumer.function, {})
    return {function: tuple(secrets.values()) for function, secrets in found.items()}


def _denied(incident: Incident, function: str) -> Iterator[tuple[Mapping[str, int], datetime | None]]:
    """What the denies of its role want it to hold, and since when."""
    for role, deny in incident.denies.items():
        if any(each.function == function for each in deny.consumers):
            yield deny.marker(role), deny.seen_at


def _denied_since(at: _Function) -> datetime | None:
    """Since when AWS refuses its session."""
    stale = (since for wanted, since in _denied(at.incident, at.name) if _stale(at.incident, at.name, wanted))
    return next(stale, None)


def _is_stale(at: _Function) -> bool:
    return _denied_since(at) is not None or any(
        _stale(at.incident, at.name, secret.new.versions) for secret in at.readers
    )


def _is_incomplete(at: _Function) -> bool:
    return at.incident.incomplete(at.name) and bool(wanted_versions(at.incident, at.name))


def _look_again(at: _Function) -> datetime | None:
    """The lane's own pauses come between two looks, which a retry ends."""
    state = at.incident.functions.get(at.name)
    return state.refreshed_at if state is not None else None


def _refresh(at: _Function) -> datetime | None:
    """At once if no other value that it reads is coming; else one update serves all values within a moment. It waits
    longer for a value being written than for one being made. One whose session is refused waits for nothing.
    """
    if (since := _denied_since(at)) is not None:
        return since
    news = [secret.new for secret in at.readers if _stale(at.incident, at.name, secret.new.versions)]
    put = [placed for new in news if (placed := new.promoted_at or new.back_since) is not None]
    latest = min(put) + REFRESH_WAITS_AT_MOST
    claims = (at.incident.lane(new_lane(secret.name)).claim for secret in at.readers)
    if any(claim is not None and claim.op is Op.PROMOTE for claim in claims):
        return latest
    making = any(_being_made(at.incident, secret) for secret in at.readers)
    return min(max(put) + REFRESH_WAITS, latest) if making else min(put)


FUNCTION = Table(
    "A function that reads the key",
    lane=lambda at: function_lane(at.name),
    subject=lambda at: at.name,
    states=(
        State(
            "stale", "it does not read the latest key yet", _is_stale, (
                Row(Op.REFRESH, "at once, or a moment later with the next keys", _refresh, ("fresh", "incomplete")),
            ),
        ),
        State(
            "incomplete", "some of its traffic may still read the key before", _is_incomplete, (
                Row(Op.REFRESH, "again, less and less often; at once on a retry", _look_again,
                    ("incomplete", "fresh")),
            ),
        ),
        State("fresh", "it reads the latest key", lambda _at: True),
    ),
)  # fmt: skip


def _asked(at: SecretMoment) -> bool:
    """Whether there is a consumer that can be asked, and a value in place to ask about."""
    new = at.secret.new
    placed = at.incident.open and new.wanted and new.placed_at is not None and new.rolling_back is None
    return placed and any(consumer.health is not None for consumer in at.secret.entry.consumers)


def asked_again(at: SecretMoment) -> datetime | None:
    """At once for a new key in place without a check; again for a while, and after each refresh, if consumers could
    not confirm it; while one rejects it, less and less often.
    """
    new, timings = at.secret.new, at.incident.timings
    if not _asked(at) or new.asked_at is None:
        return new.placed_at if _asked(at) else None
    given_up = (new.failing_since or new.placed_at or at.now) + timedelta(seconds=timings.retry_for)
    refreshed = _refreshed_at(at.incident, at.secret)
    if not new.confirmed and (new.asked_at < given_up or (refreshed is not None and refreshed > new.asked_at)):
        return new.asked_at + timedelta(seconds=timings.confirm)
    if not new.failing:
        return None
    return next_look(at.incident, at.secret, new.asked_at, new.failing_since, refreshed)


def asked_now_and_then(at: SecretMoment) -> datetime | None:
    asked, pause = at.secret.new.asked_at, STILL_SO_IN_A_RUN if at.incident.routine else STILL_SO
    return None if asked is None or not _asked(at) or at.secret.new.failing else asked + pause


def asked_before_kill(at: SecretMoment) -> datetime | None:
    """Another check before the revocation at the end of an overlap."""
    known = _asked(at) and at.secret.new.asked_at is not None
    return last_look_at(at.incident, at.secret, at.now) if known else None


def asked_after_kill(at: SecretMoment) -> datetime | None:
    """Another check when the old key is refused."""
    return look_after_at(at.incident, at.secret) if _asked(at) else None


def _refreshed_at(incident: Incident, secret: SecretState) -> datetime | None:
    """When a function that can be asked was last refreshed."""
    states = [incident.functions.get(one.function) for one in secret.entry.consumers if one.health is not None]
    return max((s.refreshed_at for s in states if s is not None and s.refreshed_at is not None), default=None)


def functions_ready(incident: Incident, secret: SecretState) -> bool:
    """Whether every function reads the last value put in place."""
    return all(not _stale(incident, consumer.function, secret.new.versions) for consumer in secret.entry.consumers)


def not_ready(incident: Incident, secret: SecretState) -> tuple[str, ...]:
    """The functions that may, in part or all, read another value than the last one put in place, by name."""
    names = dict.fromkeys(consumer.function for consumer in secret.entry.consumers)
    wanted = secret.new.standing
    return tuple(name for name in names if _stale(incident, name, wanted) or incident.incomplete(name))


def _stale(incident: Incident, function: str, wanted: Mapping[str, int]) -> bool:
    state = incident.functions.get(function)
    return any(state is None or state.versions.get(name, 0) < version for name, version in wanted.items())


def wanted_versions(incident: Incident, function: str) -> dict[str, int]:
    """The parameter versions that a function has to read, of all secrets promoted so far, and the times of the denies
    after which it has to start.
    """
    wanted = {name: time for marker, _ in _denied(incident, function) for name, time in marker.items()}
    for secret in incident.secrets.values():
        if any(consumer.function == function for consumer in secret.entry.consumers):
            for parameter, version in secret.new.versions.items():
                wanted[parameter] = max(version, wanted.get(parameter, 0))
    return wanted


def _being_made(incident: Incident, secret: SecretState) -> bool:
    """Whether this secret's new key is on its way without trouble: a function waits a moment to take both at once."""
    if not secret.new.wanted or secret.new.promoted_at is not None or secret.new.held:
        return False
    if secret.made_by_person and not secret.new.staged:
        return False
    return incident.lane(new_lane(secret.name)).failure is None
