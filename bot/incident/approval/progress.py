"""How far a plan has come: which steps are done. Consent and digest cover all steps, done or not."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident.approval.plan import Does, PlanStep
from bot.incident.model import New, Old
from bot.incident.overlap.rules import overlap_end
from bot.incident.state import Incident, SecretState

_PLACED = frozenset({New.PROMOTED, New.LIVE, New.UNCONFIRMED, New.FAILING})


def is_done(incident: Incident, secret: SecretState, step: PlanStep, now: datetime) -> bool:
    """Whether the step is done, as far as known: a step that was undone since, or had no effect, is not."""
    new, placed = secret.new, secret.new_state in _PLACED
    match step.does:
        case Does.SWITCH_OFF:  # and delete: it is kept as evidence for a while
            return secret.old.deleted_at is not None
        case Does.REVOKE | Does.SWAP | Does.SELF_REVOKE | Does.DELETE_OWNER:
            return _ended(secret)
        case Does.REVOKE_BY_HAND | Does.END_OWNER_BY_HAND:  # the person says so; later steps prove it
            return _ended(secret)
        case Does.PROVE:
            return secret.old_state is Old.DEAD
        case Does.KEEP_CURRENT:
            return False
        case Does.PREPARE | Does.ISSUE | Does.INSTALL | Does.MAKE_BY_HAND:
            return secret.new_state is not New.NONE
        case Does.VERIFY:
            return placed or new.verified_at is not None
        case Does.STORE:
            return placed
        case Does.REFRESH:
            return placed and new.placed_at is not None
        case Does.VERIFY_LIVE:
            return secret.new_state is New.LIVE
        case Does.SETTLE_COPIES:
            return placed and not secret.open_copies
        case Does.WAIT:
            end = overlap_end(incident, secret)
            return _ended(secret) or (end is not None and end <= now)
        case _:
            assert_never(step.does)


def is_half_done(secret: SecretState, step: PlanStep) -> bool:
    """Whether what the step switches off is switched off, and still to be deleted."""
    return step.does is Does.SWITCH_OFF and _ended(secret) and secret.old.deleted_at is None


def _ended(secret: SecretState) -> bool:
    """Whether it is gone, or was revoked by its provider's or a person's word without a contradicting answer."""
    return secret.gone or (secret.old.ended_at is not None and not secret.old.overdue)
