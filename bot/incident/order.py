"""Which secret of an incident comes before which.

A value that is issued by an admin credential cannot be made anew before that one has been: its new value would come
from what leaked. Killing hardly waits. Only what has to be revoked with an admin credential waits for the new one, once
the old one is being killed; and whoever holds an admin credential can make keys faster than they are killed, so it gets
a moment's start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.incident.approval.basis import kill_allowed
from bot.incident.departure.rules import before_agreement
from bot.incident.lanes import new_lane, old_lane
from bot.incident.model import Strategy
from bot.incident.new_value.promotion import making_held, promotion_words
from bot.incident.overlap.rules import (
    held_by_copies,
    held_by_readers,
    held_by_roll_back,
    kept_while_failing,
    overlapping,
    readers_words,
    serves_again,
)
from bot.incident.state import Incident, SecretState
from bot.model.capabilities import Makes, RevokedBy

ADMIN_FIRST = timedelta(seconds=10)
"""A kill leaves this to the new admin credential, from when the leaked one was added; with that in place it goes on."""


@dataclass(frozen=True)
class Hold:
    """Why something does not begin yet; `until` at the latest, None: until the other thing has happened."""

    words: str
    until: datetime | None = None


def in_order(incident: Incident) -> list[SecretState]:
    """Those that others wait for come first."""
    every = list(incident.secrets.values())
    admins = {secret.entry.admin_parameter for secret in every}
    return sorted(every, key=lambda s: s.entry.main.parameter not in admins)


def make_hold(incident: Incident, secret: SecretState) -> Hold | None:
    """What the making of a new value waits for."""
    if before := before_agreement(incident, secret):
        return Hold(f"nothing is made {before}")
    if making_held(incident, secret):
        return Hold("; ".join(promotion_words(incident, secret)))
    for other in _administrators(incident, secret):
        if _to_come(other) and not _leads_back(incident, other, secret):
            return Hold(f"the new value waits for that of {other.name}, which administers it")
    return None


def kill_hold(incident: Incident, secret: SecretState) -> Hold | None:
    """What the machine's kill waits for. Broken glass waits only for what it could not do without, and for a hold."""
    if incident.hold is not None:
        return Hold("all revocations are held")
    if (
        secret.own
        and secret.glass is None
        and any(_killed_before(incident, each) for each in incident.secrets.values())
    ):
        until = secret.added.at + timedelta(seconds=incident.timings.retry_for)
        return Hold("it is revoked last, because the bot itself works with it", until)
    if secret.entry.capabilities.revokes is not RevokedBy.MACHINE:
        return None
    if administers(secret, secret) and _to_come(secret):
        return Hold("the revocation waits for its own new value, with which it is revoked")
    for other in _administrators(incident, secret):
        if _to_come(other) and admin_dying(other):
            return Hold(f"the revocation waits for the new {other.name}, which administers it")
        if _to_come(other) and _soon_killed(other) and secret.glass is None:
            until = max(other.added.at, secret.added.at) + ADMIN_FIRST
            return Hold(f"the revocation waits a moment for the new {other.name}, which administers it", until)
    return None


def goes_forward(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether its new value, which was rolled back, is put in place again without a retry: nothing can serve on an old
    one that is gone, or that is to end now.
    """
    ending = not overlapping(secret) and kill_allowed(incident, secret, now)
    return ending or secret.gone or secret.old.revoke_began_at is not None


def capture_hold(incident: Incident, secret: SecretState) -> Hold | None:
    """The leaked value is identified with its admin credential."""
    if not secret.entry.capabilities.identifies or secret.entry.capabilities.revokes is not RevokedBy.MACHINE:
        return None
    for other in _administrators(incident, secret):
        if _to_come(other) and admin_dying(other):
            return Hold(f"it cannot be identified before the new {other.name} is in place, which administers it")
    return None


def holds(incident: Incident, secret: SecretState, now: datetime) -> Iterator[str]:
    """What the secret waits for, in words: for the card and the terminal."""
    old, new = secret.old, secret.new
    if old.captured_at is None:
        kill = capture_hold(incident, secret)
    else:
        kill = kill_hold(incident, secret) if old.revoked_at is None and not secret.gone else None
    if kill is not None and (kill.until is None or kill.until > now):
        yield kill.words
    if serves_again(incident, secret):
        serves = f"the old key serves production{', PAST its hour' if new.overdue else ''}"
        waits = new.held or incident.lane(new_lane(secret.name)).failed_for_good
        way = ": retry puts the new one in place again" if waits else ", until a new value is in its place"
        yield f"{serves}{way}"
    if kept_while_failing(incident, secret):
        fails = f"{' and '.join(new.failing)} fail{'s' if len(new.failing) == 1 else ''}"
        why = f"{fails} with the new value: the plan keeps the old one until people decide"
        yield f"the revocation waits, because {why}"
    elif held_by_roll_back(incident, secret):
        yield "the overlap does not end, because putting its old value back has failed: retry, or end it"
    if copies := held_by_copies(incident, secret):
        yield f"the overlap does not end before these copies are updated, purged or accepted: {', '.join(copies)}"
    if readers := held_by_readers(incident, secret):
        yield f"the overlap does not end yet, {readers_words(incident, readers)}"
    make = make_hold(incident, secret) if new.wanted and not new.staged else None
    if make is not None:
        yield make.words
    else:
        yield from promotion_words(incident, secret)


def administers(one: SecretState, other: SecretState) -> bool:
    return other.entry.admin_parameter == one.entry.main.parameter


def admin_replaced(incident: Incident, secret: SecretState) -> bool:
    """Whether its admin credential is being replaced in this incident: one that is refused may be accepted soon."""
    return any(admin_dying(other) or other.new.promoted_at for other in _administrators(incident, secret))


def admin_dying(other: SecretState) -> bool:
    """Whether it is being revoked, or has been."""
    return other.old.revoke_began_at is not None or other.old.ended_at is not None or other.gone


def _administrators(incident: Incident, secret: SecretState) -> list[SecretState]:
    name = incident.by_parameter.get(secret.entry.admin_parameter or "", secret.name)
    return [] if name == secret.name else [incident.secrets[name]]


def _leads_back(incident: Incident, start: SecretState, end: SecretState) -> bool:
    """Whether `start` itself waits for `end`: then neither does, or both would for ever."""
    seen, ways = set[str](), [start]
    while ways:
        secret = ways.pop()
        if secret.name == end.name:
            return True
        if secret.name not in seen:
            seen.add(secret.name)
            ways += _administrators(incident, secret)
    return False


def _to_come(other: SecretState) -> bool:
    return other.new.wanted and other.new.promoted_at is None


def _soon_killed(other: SecretState) -> bool:
    """Whether the machine is about to kill and to replace it, so that waiting takes a moment."""
    return _to_kill(other) and other.entry.capabilities.makes is not Makes.PERSON


def _to_kill(other: SecretState) -> bool:
    decided = other.strategy is Strategy.KILL_FIRST or other.kill is not None or other.glass is not None
    return decided and not other.revoked_by_person


def _killed_before(incident: Incident, other: SecretState) -> bool:
    """Whether the machine still has this one to kill, before those that it works with."""
    stuck = incident.lane(old_lane(other.name)).failed_for_good
    return not other.own and not other.gone and other.old.ended_at is None and _to_kill(other) and not stuck
