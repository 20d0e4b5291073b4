"""What the lane of a replacement wants next: make it, verify it, put it in place, clean up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot.incident.consumers.schedule import (
    asked_after_kill,
    asked_again,
    asked_before_kill,
    asked_now_and_then,
    functions_ready,
)
from bot.incident.lanes import new_lane
from bot.incident.new_value.promotion import account_held, promoted_from, promotion_held
from bot.incident.new_value.still_used import unused
from bot.incident.operations import Op, Work
from bot.incident.order import goes_forward, make_hold
from bot.incident.state import Incident, SecretState
from bot.incident.table import Row, SecretMoment, State, Table
from bot.model.capabilities import Makes

TOLD_AGAIN = timedelta(minutes=1)
"""After this a value with an unknown account is checked again, then less and less often."""


def schedule(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Work]:
    return NEW_VALUE.wanted(SecretMoment(incident, now, secret))


# --- in which state it is -------------------------------------------------------------------------------------------


def _rolling_back(at: SecretMoment) -> bool:
    old = at.secret.old
    alive = at.incident.open and old.revoke_began_at is None and old.revoked_at is None and not at.secret.gone
    return alive and at.secret.new.rolling_back is not None


def _orphan(at: SecretMoment) -> str:
    """The next orphan to revoke; empty if there is none."""
    return next(iter(unused(at.incident, at.secret)), "")


def _submitted(at: SecretMoment) -> bool:
    new = at.secret.new
    return bool(new.inbox) and at.incident.open and new.promoted_at is None


# --- when what is wanted ----------------------------------------------------------------------------------------------


def _at_once(at: SecretMoment) -> datetime | None:
    return at.incident.last_at


def _roll_back(at: SecretMoment) -> datetime | None:
    asked = at.secret.new.rolling_back
    return asked.at if asked is not None else None


def _waits(at: SecretMoment) -> bool:
    """Whether nothing more is made or put in place before a person presses retry."""
    new = at.secret.new
    return new.held and (bool(new.rejected) or not goes_forward(at.incident, at.secret, at.now))


def _made_from(at: SecretMoment) -> datetime | None:
    """When the machine may make one; None while it may not, or does not at all."""
    old, capabilities = at.secret.old, at.secret.entry.capabilities
    if make_hold(at.incident, at.secret) is not None or capabilities.makes is Makes.PERSON or _waits(at):
        return None
    if old.snapshot_at is None and capabilities.snapshots and old.ended_at is None and not at.secret.gone:
        return None  # it comes, or the kill goes on without it; where neither will, there is nothing to wait for
    return old.snapshot_at or old.ended_at or old.captured_at


def _scopes_unknown(at: SecretMoment) -> bool:
    return at.secret.entry.capabilities.copies_scopes and not at.secret.old.scopes_known


def _read_scopes(at: SecretMoment) -> datetime | None:
    return _made_from(at) if _scopes_unknown(at) else None


def _made_by(makes: Makes) -> Callable[[SecretMoment], datetime | None]:
    def when(at: SecretMoment) -> datetime | None:
        able = at.secret.entry.capabilities.makes is makes and not _scopes_unknown(at)
        return _made_from(at) if able else None

    return when


def _verify(at: SecretMoment) -> datetime | None:
    """Where the provider holds one value, the new one is refused until the old one has ended, and rightly."""
    if not at.secret.swapped:
        return None
    return max(filter(None, (at.secret.new.staged_at, at.secret.old.ended_at)), default=at.incident.last_at)


def _promote(at: SecretMoment) -> datetime | None:
    verified = at.secret.new.verified_at
    if verified is None or promotion_held(at.incident, at.secret) or _waits(at):
        return None
    return promoted_from(at.incident, at.secret, verified)


def _verify_again(at: SecretMoment) -> datetime | None:
    """A provider that gave no account may give it later."""
    verified = at.secret.new.verified_at
    return verified + TOLD_AGAIN if verified is not None and account_held(at.secret) else None


def _verify_live(at: SecretMoment) -> datetime | None:
    return at.secret.new.promoted_at if functions_ready(at.incident, at.secret) else None


def _unstage(at: SecretMoment) -> datetime | None:
    new, over = at.secret.new, at.secret.gone or not at.incident.open
    # What was begun can be finished after a reopening only with it.
    half_way = new.may_serve and (new.promoted_at is None or new.rolling_back is not None)
    half_way = half_way or (at.incident.open and bool(new.superseded))  # a key may end only by its value
    wanted = new.sweep_at is None and bool(new.staged) and not new.unstaged and over and not half_way
    return at.incident.last_at if wanted else None


def _sweep_beside(at: SecretMoment) -> datetime | None:
    new, lane = at.secret.new, at.incident.lane(new_lane(at.secret.name))
    return new.sweep_at if lane.failed_for_good and new.wanted and new.placed_at is None else None


_CLEARING: tuple[Row[SecretMoment], ...] = (
    Row(Op.SWEEP, "where a call may have left a key behind", lambda at: at.secret.new.sweep_at),
    Row(Op.UNSTAGE, "once the old key is dead, or after the close", _unstage),
)

NEW_VALUE = Table(
    "The replacement",
    lane=lambda at: new_lane(at.secret.name),
    states=(
        State(
            "rolling back", "a person wants the leaked key back in place", _rolling_back, (
                Row(Op.ROLL_BACK, "at once", _roll_back, ("verified",)),
            ),
        ),
        State(
            "orphaned", "a key was made that nothing uses", lambda at: bool(_orphan(at)), (
                Row(Op.END_ORPHAN, "at once; then on as before", _at_once, detail=_orphan),
            ),
        ),
        State("waiting", "the leaked key is not known yet", lambda at: at.secret.old.captured_at is None),
        State(
            "submitted", "a person has brought one", _submitted, (
                Row(Op.RECEIVE, "at once", _at_once, ("staged", "missing", "orphaned", "submitted")),
            ),
        ),
        State(
            "given up", "none is wanted, or the incident is closed",
            lambda at: not (at.incident.open and at.secret.new.wanted), _CLEARING,
        ),
        State("in place", "consumers read it", lambda at: at.secret.new.placed_at is not None, _CLEARING),
        State(
            "missing", "none has been made", lambda at: not at.secret.new.staged, (
                Row(Op.READ_SCOPES, "where they are copied and not known", _read_scopes, ("missing",)),
                Row(Op.ISSUE, "once the snapshot is taken, and nothing holds it", _made_by(Makes.ISSUE),
                    ("staged", "orphaned")),
                Row(Op.INSTALL, "the same, where the bot chooses the value", _made_by(Makes.INSTALL),
                    ("staged", "orphaned")),
            ),
        ),
        State(
            "staged", "it has not been tried", lambda at: at.secret.new.verified_at is None, (
                Row(Op.VERIFY, "once its provider can accept it", _verify, ("verified", "missing", "orphaned")),
            ),
        ),
        State(
            "verified", "its provider accepts it", lambda at: at.secret.new.promoted_at is None, (
                Row(Op.PROMOTE, "unless its account, a reader or a roll back holds it", _promote,
                    ("promoted",)),
                Row(Op.VERIFY, "again, while its account is unknown", _verify_again,
                    ("verified", "missing", "orphaned")),
            ),
        ),
        State(
            "promoted", "it is in its parameters", lambda _at: True, (
                Row(Op.VERIFY_LIVE, "once every function reads it", _verify_live, ("in place",)),
            ),
        ),
    ),
    beside=(
        Row(Op.SWEEP, "where making has failed for good", _sweep_beside),
        Row(Op.CONFIRM, "while consumers cannot confirm it, or reject it", asked_again),
        Row(Op.CONFIRM, "before the revocation at the end of an overlap", asked_before_kill),
        Row(Op.CONFIRM, "again after the old key's first rejection, where this one was in place before it",
            asked_after_kill),
        Row(Op.CONFIRM, "every half hour; in a planned run each day", asked_now_and_then),
    ),
)  # fmt: skip
