"""The order of an incident's secrets.

A value issued with an admin credential cannot be made before that one is replaced: the new key would come from what
leaked. Revocations hardly wait. Only one that needs an admin credential waits for the new one, once the old one is
being revoked. And an attacker with an admin credential can make keys faster than they are revoked, so that credential
gets a short head start.
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
"""The time that a revocation gives the new admin credential, from when the leaked one was added; once that is in place
it proceeds.
"""


@dataclass(frozen=True)
class Hold:
    """Why something does not begin yet; `until` at the latest, None: until the other thing has happened."""

    words: str
    until: datetime | None = None


def in_order(incident: Incident) -> list[SecretState]:
    """Secrets that others wait for come first."""
    every = list(incident.secrets.values())
    admins = {secret.entry.admin_parameter for secret in every}
    return sorted(every, key=lambda s: s.entry.main.parameter not in admins)


def make_hold(incident: Incident, secret: SecretState) -> Hold | None:
    """What the making of a new key waits for."""
    if before := before_agreement(incident, secret):
        return Hold(f"nothing is made {before}")
    if making_held(incident, secret):
        return Hold("; ".join(promotion_words(incident, secret)))
    for other in _administrators(incident, secret):
        if _to_come(other) and not _leads_back(incident, other, secret):
            return Hold(f"the new key waits for that of {other.name}, its admin key")
    return None


def kill_hold(incident: Incident, secret: SecretState) -> Hold | None:
    """What the machine's revocation waits for. Broken glass waits only for what it needs, and for a hold."""
    if incident.hold is not None:
        return Hold("all revocations are held")
    if (
        secret.own
        and secret.glass is None
        and any(_killed_before(incident, each) for each in incident.secrets.values())
    ):
        until = secret.added.at + timedelta(seconds=incident.timings.retry_for)
        return Hold("it is revoked last because the bot itself uses it", until)
    if secret.entry.capabilities.revokes is not RevokedBy.MACHINE:
        return None
    if administers(secret, secret) and _to_come(secret):
        return Hold("the revocation waits for the new key, which is needed to revoke it")
    for other in _administrators(incident, secret):
        if _to_come(other) and admin_dying(other):
            return Hold(f"the revocation waits for the new {other.name}, its admin key")
        soon = _to_kill(other) and other.entry.capabilities.makes is not Makes.PERSON
        if _to_come(other) and soon and secret.glass is None:
            until = max(other.added.at, secret.added.at) + ADMIN_FIRST
            return Hold(f"the revocation waits a moment for the new {other.name}, its admin key", until)
    return None


def goes_forward(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether its new key, which was rolled back, is put in place again without a retry: nothing can serve on an old
    one that is gone, or that is to end now.
    """
    ending = not overlapping(secret) and kill_allowed(incident, secret, now)
    return ending or secret.gone or secret.old.revoke_began_at is not None


def capture_hold(incident: Incident, secret: SecretState) -> Hold | None:
    """The leaked key is identified with its admin credential."""
    if not secret.entry.capabilities.identifies or secret.entry.capabilities.revokes is not RevokedBy.MACHINE:
        return None
    for other in _administrators(incident, secret):
        if _to_come(other) and admin_dying(other):
            return Hold(f"it cannot be identified until the new {other.name}, its admin key, is in place")
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
        serves = f"the old key is in production{' for over an hour' if new.overdue else ''}"
        waits = new.held or incident.lane(new_lane(secret.name)).failed_for_good
        way = ": retry puts the new one in place again" if waits else ", until a new key is in place"
        yield f"{serves}{way}"
    if kept_while_failing(incident, secret):
        fails = f"{' and '.join(new.failing)} fail{'s' if len(new.failing) == 1 else ''}"
        why = f"{fails} with the new key: the old one is kept until people decide"
        yield f"the revocation waits, because {why}"
    elif held_by_roll_back(incident, secret):
        yield "the overlap does not end because putting the old key back failed: retry, or revoke it"
    if copies := held_by_copies(incident, secret):
        yield f"the overlap ends once these copies are updated, purged or accepted: {', '.join(copies)}"
    if readers := held_by_readers(incident, secret):
        yield f"the overlap does not end yet: {readers_words(incident, readers)}"
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
    """Whether `start` itself waits for `end`: then neither waits, since both would wait without end."""
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


def _to_kill(other: SecretState) -> bool:
    decided = other.strategy is Strategy.KILL_FIRST or other.kill is not None or other.glass is not None
    return decided and not other.revoked_by_person


def _killed_before(incident: Incident, other: SecretState) -> bool:
    """Whether the machine still has to revoke this one, before the ones it works with."""
    stuck = incident.lane(old_lane(other.name)).failed_for_good
    return not other.own and not other.gone and other.old.ended_at is None and _to_kill(other) and not stuck
