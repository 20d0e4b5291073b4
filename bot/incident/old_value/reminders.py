"""A working value that only a person can revoke: the bot probes it and reminds people.

Values whose plan waits for a second person are not included: people there are asked, and asked again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incident.approval.basis import approval_missing, killable, press_missing
from bot.incident.approval.plan import kill_wanted, to_revoke_by_hand, turned_down, unlisted
from bot.incident.lanes import old_lane
from bot.incident.model import Strategy
from bot.incident.overlap.rules import held_by_readers, overlap_end, overlapping
from bot.incident.state import Incident, SecretState

FIRST_REMINDER = timedelta(minutes=10)
"""From when only a person can get on with it."""
NEXT_REMINDER = timedelta(hours=1)
IN_A_ROTATION = timedelta(days=1)
"""Where nothing leaked people are asked once the overlap is over, and reminded once a day."""


def ambiguous(secret: SecretState) -> bool:
    """Whether several keys at its provider may be this one, and no person has chosen."""
    return len(secret.old.candidates) > 1 and not secret.old.key_id


def looked_at(incident: Incident, secret: SecretState) -> bool:
    """Whether a value that the machine is not revoking is probed anyway, since it can die or be used."""
    stopped = incident.lane(old_lane(secret.name)).failed_for_good
    by_hand = secret.revoked_by_person or secret.old.claimed is not None or unlisted(secret)
    return by_hand or stopped or ambiguous(secret) or secret.old.none_of_these


def readers_awaited(incident: Incident, secret: SecretState, now: datetime) -> tuple[str, ...]:
    """The functions for which a person delays revoking the old key of a planned rotation after its overlap."""
    end = overlap_end(incident, secret)
    over = incident.routine and end is not None and end <= now and to_revoke_by_hand(incident, secret)
    return held_by_readers(incident, secret) if over else ()


def awaits_person(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether a working value is revoked only if someone acts without a request to them."""
    old = secret.old
    if not incident.open or secret.gone or old.captured_at is None or old.ended_at is not None:
        return False
    if to_revoke_by_hand(incident, secret) or ambiguous(secret):
        return True
    if not killable(secret):
        return False
    at_once = secret.strategy is Strategy.KILL_FIRST or kill_wanted(secret)
    if at_once and secret.name in incident.rejected_plans and approval_missing(incident, secret, now):
        return turned_down(incident, secret)
    return at_once and press_missing(incident, secret, now)


def reminder_due(incident: Incident, secret: SecretState, now: datetime) -> datetime | None:
    """When people are next reminded of it; None while it does not wait for them."""
    old = secret.old
    if not awaits_person(incident, secret, now) or old.captured_at is None:
        return None
    failure = incident.lane(old_lane(secret.name)).failure
    since = old.captured_at
    if failure is not None and failure.final:
        since = max(since, failure.at)
    if old.claimed is not None:
        since = max(since, old.claimed.at)
    first, again = FIRST_REMINDER, NEXT_REMINDER
    if incident.routine:
        first, again = timedelta(), IN_A_ROTATION
        end = overlap_end(incident, secret) if overlapping(secret) else since
        if end is None or held_by_readers(incident, secret):
            return None
        since = max(since, end)
    if secret.awaited_at is None or secret.awaited_at < since:
        return since + first
    return secret.awaited_at + again
