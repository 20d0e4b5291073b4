"""When the machine looks at what may outlive the dead key: siblings, leftovers at the provider, who read the value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident.access.readers import not_looked_up
from bot.incident.lanes import SIBLINGS_LANE, access_lane, usage_lane
from bot.incident.new_value.promotion import to_be_asked
from bot.incident.operations import Op, Work
from bot.incident.state import Incident, SecretState
from bot.incident.table import Row, SecretMoment, State, Table

SIBLING_CHECKS = 2


def schedule(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Work]:
    moment = SecretMoment(incident, now, secret)
    yield from READS.wanted(moment)
    yield from KEY_REACH.wanted(moment)
    yield from LEFTOVERS.wanted(moment)


def siblings(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Work]:
    return SIBLINGS.wanted(SecretMoment(incident, now, secret))


def _unread(at: SecretMoment) -> bool:
    if at.secret.old.captured_at is None or not at.incident.open or not at.incident.traits.investigates:
        return False
    return bool(not_looked_up(at.incident, at.secret))


READS = Table(
    "Who read the value",
    lane=lambda at: usage_lane(at.secret.name),
    subject=lambda at: at.secret.name,
    states=(
        State(
            "unread", "nobody has looked it up, or not since its death", _unread, (
                Row(Op.USAGE, "at once", lambda at: at.secret.old.captured_at, ("read",)),
            ),
        ),
        State("read", "it is known, as far as the event history tells", lambda at: at.secret.name in at.incident.usage),
    ),
)  # fmt: skip


def _unasked(at: SecretMoment) -> bool:
    return at.incident.open and to_be_asked(at.incident, at.secret)


KEY_REACH = Table(
    "What an old AWS key can read",
    lane=lambda at: access_lane(at.secret.name),
    subject=lambda at: at.secret.name,
    states=(
        State(
            "unasked", "new values wait for it, and IAM has not been asked whether it could read them",
            _unasked, (
                Row(Op.LOOK_UP_KEY, "at once", lambda at: at.secret.old.captured_at, ("asked",)),
            ),
        ),
        State("asked", "it holds up what it may read", lambda at: at.secret.old.reach is not None),
    ),
)  # fmt: skip


def _inspectable(at: SecretMoment) -> bool:
    wanted = at.incident.open and at.incident.traits.investigates
    return wanted and at.secret.entry.capabilities.inspects and bool(at.secret.entry.inspects)


def _inspect(at: SecretMoment) -> datetime | None:
    """Before, whoever has it can still make more."""
    return at.incident.last_at if at.secret.gone else None


LEFTOVERS = Table(
    "Persistence checks of the dead key",
    lane=lambda at: access_lane(at.secret.name),
    subject=lambda at: at.secret.name,
    states=(
        State("inspected", "the machine has read it", lambda at: at.secret.inspected_at is not None),
        State(
            "uninspected", "the provider tells the machine", _inspectable, (
                Row(Op.INSPECT, "once the old value is gone", _inspect, ("inspected",)),
            ),
        ),
    ),
)  # fmt: skip


def _watched(at: SecretMoment) -> bool:
    return bool(at.secret.entry.siblings) and at.incident.open


def _before(at: SecretMoment) -> datetime | None:
    return at.secret.added.at if at.secret.old.ended_at is None and not at.secret.gone else None


def _after(at: SecretMoment) -> datetime | None:
    """Right after the revocation, and once more when it has spread."""
    siblings = at.secret.siblings
    wanted = siblings.looks == 0 or (siblings.looks < SIBLING_CHECKS and at.secret.gone)
    return at.secret.old.ended_at if siblings.alive and wanted else None


SIBLINGS = Table(
    "Other secrets of the same provider",
    lane=lambda _at: SIBLINGS_LANE,
    subject=lambda at: at.secret.name,
    states=(
        State(
            "unseen", "nobody has looked at them", lambda at: _watched(at) and at.secret.siblings.seen_at is None, (
                Row(Op.CHECK_SIBLINGS, "before the revocation", _before, ("seen",)),
            ),
        ),
        State(
            "seen", "which of them were alive before the revocation is known", _watched, (
                Row(Op.CHECK_SIBLINGS, "after the revocation, and once it is proven", _after, ("seen",)),
            ),
        ),
    ),
)  # fmt: skip
