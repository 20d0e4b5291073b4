"""When the machine looks at what may outlive the dead key: siblings, leftovers at the provider, who read the value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.incident.access.readers import not_looked_up
from bot.incident.lanes import SIBLINGS_LANE, access_lane, deny_lane, usage_lane, use_lane
from bot.incident.new_value.promotion import to_be_asked
from bot.incident.operations import Op, Work
from bot.incident.record.rules import complete_at
from bot.incident.state import Deny, Incident, SecretState
from bot.incident.table import Moment, Row, SecretMoment, State, Table

SIBLING_CHECKS = 2


def schedule(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Work]:
    moment = SecretMoment(incident, now, secret)
    yield from READS.wanted(moment)
    yield from USES.wanted(moment)
    yield from KEY_REACH.wanted(moment)
    yield from LEFTOVERS.wanted(moment)


def siblings(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Work]:
    return SIBLINGS.wanted(SecretMoment(incident, now, secret))


def _unread(at: SecretMoment) -> bool:
    if at.secret.old.captured_at is None or not at.incident.open or not at.incident.traits.investigates:
        return False
    return bool(not_looked_up(at.incident, at.secret))


READS = Table(
    "Who read the key",
    lane=lambda at: usage_lane(at.secret.name),
    states=(
        State(
            "unread", "not looked up yet, or not since its death", _unread, (
                Row(Op.USAGE, "at once", lambda at: at.secret.old.captured_at, ("read",)),
            ),
        ),
        State("read", "known, as far as the event history reaches", lambda at: at.secret.name in at.incident.usage),
    ),
)  # fmt: skip


def _used(at: SecretMoment) -> bool:
    """After the close too, where a look was made before: its records may arrive later."""
    wanted = at.incident.traits.investigates and (at.incident.open or at.secret.use is not None)
    return wanted and at.secret.entry.capabilities.reports_use


def _use_first(at: SecretMoment) -> datetime | None:
    """Not once the revocation has begun to close the sessions that show the use: those after it have the new key."""
    old = at.secret.old
    closed = at.secret.entry.capabilities.use_in_sessions and old.revoke_began_at is not None
    return None if closed else old.captured_at


def _use_again(at: SecretMoment) -> datetime | None:
    """At once where the first look, a quick one, ended early, and where another exposure changes what was usual before
    it; else when the source must have the last use that the key could have had.
    """
    use = at.secret.use
    if use is None:
        return None
    if use.found.truncated and use.looks == 1:
        return use.at
    told = at.incident.exposure
    if told is not None and told.by.at > use.at and not at.secret.entry.capabilities.use_in_sessions:
        return told.by.at
    complete = complete_at(at.secret)
    return complete if complete is not None and use.found.until < complete else None


USES = Table(
    "How the key was used",
    lane=lambda at: use_lane(at.secret.name),
    states=(
        State(
            "unknown", "its provider tells, and was not asked yet", lambda at: _used(at) and at.secret.use is None, (
                Row(Op.LOOK_UP_USE, "at once", _use_first, ("known",)),
            ),
        ),
        State(
            "known", "as far as the provider's records had arrived", _used, (
                Row(
                    Op.LOOK_UP_USE,
                    "at once if the first look ended early or the exposure changed; when all records until its death "
                    "are in",
                    _use_again, ("known",),
                ),
            ),
        ),
    ),
)  # fmt: skip


KEY_REACH: Table[SecretMoment] = Table(
    "What an old AWS key can reach",
    lane=lambda at: access_lane(at.secret.name),
    states=(
        State(
            "unasked", "it leaked, or new keys wait for it, and IAM was not asked yet what it can read",
            lambda at: at.incident.open and to_be_asked(at.incident, at.secret), (
                Row(Op.LOOK_UP_KEY, "at once", lambda at: at.secret.old.captured_at, ("asked",)),
            ),
        ),
        State("asked", "it delays what it may read", lambda at: at.secret.old.reach is not None),
    ),
)  # fmt: skip


def _inspectable(at: SecretMoment) -> bool:
    wanted = at.incident.open and at.incident.traits.investigates
    return wanted and at.secret.entry.capabilities.inspects and bool(at.secret.entry.inspects)


LEFTOVERS = Table(
    "Persistence checks of the dead key",
    lane=lambda at: access_lane(at.secret.name),
    states=(
        State("inspected", "read by the machine", lambda at: at.secret.inspected_at is not None),
        State(
            "uninspected", "the provider lists them", _inspectable, (
                Row(Op.INSPECT, "once the old key is dead",  # until then an attacker can make more
                    lambda at: at.incident.last_at if at.secret.gone else None, ("inspected",)),
            ),
        ),
    ),
)  # fmt: skip


def _watched(at: SecretMoment) -> bool:
    return bool(at.secret.entry.siblings) and at.incident.open


def _before(at: SecretMoment) -> datetime | None:
    return at.secret.added.at if at.secret.old.ended_at is None and not at.secret.gone else None


def _after(at: SecretMoment) -> datetime | None:
    """Right after the revocation, and again when it has spread."""
    siblings = at.secret.siblings
    wanted = siblings.looks == 0 or (siblings.looks < SIBLING_CHECKS and at.secret.gone)
    return at.secret.old.ended_at if siblings.alive and wanted else None


SIBLINGS = Table(
    "Other secrets of the same provider",
    lane=lambda _at: SIBLINGS_LANE,
    states=(
        State(
            "unseen", "not checked yet", lambda at: _watched(at) and at.secret.siblings.seen_at is None, (
                Row(Op.CHECK_SIBLINGS, "before the revocation", _before, ("seen",)),
            ),
        ),
        State(
            "seen", "known which of them worked before the revocation", _watched, (
                Row(Op.CHECK_SIBLINGS, "after the revocation, and once confirmed", _after, ("seen",)),
            ),
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class _Role(Moment):
    name: str
    deny: Deny


def denies(incident: Incident, now: datetime) -> Iterator[Work]:
    for name, deny in incident.denies.items() if incident.open else ():
        yield from DENIES.wanted(_Role(incident, now, name, deny))


def _lift(at: _Role) -> datetime | None:
    return at.deny.by.at if at.deny.seen_at is None else None


def _deny(at: _Role) -> datetime | None:
    return None if at.incident.halted or at.incident.hold is not None else _lift(at)


DENIES = Table(
    "Sessions of a role",
    lane=lambda at: deny_lane(at.name),
    subject=lambda at: at.name,
    states=(
        State(
            "denied", "two people want its earlier sessions denied", lambda at: at.deny.lifted is None, (
                Row(Op.DENY, "at once, unless revocations are held or halted", _deny),
            ),
        ),
        State(
            "lifted", "a person wants that removed", lambda _at: True, (
                Row(Op.DENY, "at once", _lift),
            ),
        ),
    ),
)  # fmt: skip
