"""When a failed operation is tried again, and when it has failed for good."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import BotError, OutsideError, Throttled, Unauthorized, failure_name
from bot.incident import events as e
from bot.incident.old_value.schedule import look_tried_again_at
from bot.incident.operations import OPERATIONS, Claim, Failure, Op
from bot.incident.order import admin_replaced
from bot.incident.state import Incident
from bot.net.limits import LONGEST_PAUSE as LONGEST_ASKED_FOR

LONGEST_PAUSE = 30.0
"""Seconds; a pause never grows beyond it."""
LONGEST_UNENDING = 300.0
"""Seconds between tries of work that is never given up: each try is two events, and Slack may be down for hours."""
FIRST_PAUSE = 1.0
PAUSES = 20
"""The first pause is at most this fraction of the time that retries may take: a drill is over in seconds."""


def failed(
    incident: Incident, claim: Claim, error: BaseException, now: datetime, spread: Callable[[], float] = random.random
) -> e.OperationFailed:
    """The outcome for an error. Errors that are not ours give their class name, never their text."""
    if isinstance(error, BotError):
        message, retryable = str(error), isinstance(error, OutsideError) and _again(incident, claim, error)
    else:
        message, retryable = f"{claim.op}: internal error ({type(error).__name__}); the log of the bot says where", True
    retry_at = now + _pause(incident, claim, error, spread()) if retryable and not _given_up(incident, claim) else None
    if retry_at is not None and OPERATIONS[claim.op].gives_up:
        before = _before(incident, claim)
        began = before.first_at if before is not None else now
        if retry_at > began + timedelta(seconds=incident.timings.retry_for):  # for good, except a probe
            probed = claim.op is Op.PROVE
            retry_at = look_tried_again_at(incident, incident.secrets[claim.subject], now) if probed else None
    return e.OperationFailed(claim.number, claim.op, failure_name(error), message, retry_at)


def _again(incident: Incident, claim: Claim, error: OutsideError) -> bool:
    """Besides what may well succeed the next time: an admin credential that leaked is refused while it is replaced."""
    secret = incident.secrets.get(claim.subject)
    replaced = secret is not None and admin_replaced(incident, secret)
    return error.retryable or (replaced and isinstance(error, Unauthorized))


def _given_up(incident: Incident, claim: Claim) -> bool:
    """Work that is tried now and then although it failed for good, a page or a probe, once each time; also a probe in a
    stopped lane.
    """
    if claim.op is Op.PROVE:
        return incident.lane(claim.lane).failed_for_good
    failure = incident.lane(claim.lane).failing(claim.op, claim.detail)
    return claim.op is Op.PAGE and failure is not None and failure.final


def _before(incident: Incident, claim: Claim) -> Failure | None:
    """Its failure at the last try, where it was tried again by itself since."""
    failure = incident.lane(claim.lane).failing(claim.op, claim.detail)
    return failure if failure is not None and not failure.final else None


def _pause(incident: Incident, claim: Claim, error: BaseException, spread: float) -> timedelta:
    """Doubles from failure to failure, with jitter. What the other side asks for is waited for, up to two minutes: one
    odd answer must not end the tries to revoke.
    """
    first = min(FIRST_PAUSE, incident.timings.retry_for / PAUSES)
    longest = LONGEST_PAUSE if OPERATIONS[claim.op].gives_up else LONGEST_UNENDING
    before = _before(incident, claim)
    doubled = min(first * 2 ** min(before.count if before is not None else 0, 20), longest)
    pause = doubled * (0.75 + spread / 2)
    if isinstance(error, Throttled) and error.retry_after is not None:
        pause = max(pause, min(error.retry_after, LONGEST_ASKED_FOR))
    return timedelta(seconds=pause)
