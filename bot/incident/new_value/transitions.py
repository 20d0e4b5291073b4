"""What more than one subject does to a replacement: back to where it is only staged, or away with it."""

from __future__ import annotations

from datetime import datetime

from bot.incident.changes import replace
from bot.incident.new_value.state import NewValue
from bot.incident.new_value.still_used import still_used
from bot.incident.operations import Op
from bot.incident.state import Incident, SecretState


def unplaced(new: NewValue) -> NewValue:
    """The staged value before it is verified, put in place and found live, once more. Whether it may stand in its
    parameters all the same, the caller knows.
    """
    return replace(
        new,
        verified_at=None,
        unwell_before=(),
        untold="",
        versions={},
        promoted_at=None,
        placed_at=None,
        live_at=None,
        restored_at=None,
        confirmed=False,
        asked_at=None,
        failing=(),
        failing_since=None,
        blamed_at=None,
        excused=(),
        rolling_back=None,
        roll_back_began_at=None,
        rolled_back_at=None,
        escalations=0,
        escalated_at=None,
    )


def dropped(new: NewValue) -> NewValue:
    """No value: the one that there was is not to be used any more, and ends where the bot made it."""
    orphans = {**new.orphans, new.ours: new.orphans.get(new.ours, False)} if new.ours else new.orphans
    gone = replace(unplaced(new), orphans=orphans, promote_began_at=None, held=False, broken=frozenset())
    return replace(gone, name="", key_id="", fingerprint="", staged="")


def claimed(secret: SecretState, op: Op, at: datetime) -> SecretState:
    """A worker is about to do `op` to it."""
    new = replace(secret.new, receiving=op is Op.RECEIVE)
    if op is Op.PROMOTE:
        if new.rolled_back_at is not None:  # forward without anybody saying so: see `goes_forward`
            new = replace(new, versions={}, rolled_back_at=None, escalations=0, escalated_at=None)
        new = replace(new, promote_began_at=new.promote_began_at or at)
    if op is Op.ROLL_BACK:
        new = replace(new, roll_back_began_at=new.roll_back_began_at or at)
        new = replace(new, live_at=None, restored_at=None, confirmed=False)
    return replace(secret, new=new)


def make_again(secret: SecretState) -> SecretState:
    """After a rejected value of our own, a person wants another one made; while consumers fail, that they be asked."""
    asked_at = None if secret.new.failing else secret.new.asked_at
    return replace(secret, new=replace(secret.new, held=False, asked_at=asked_at))


def given_up(incident: Incident, secret: SecretState) -> SecretState:
    """Since the close: a key that was made and is not in place must not live on; one that may serve must. Nothing
    brings what still uses one that was rolled back to the old value any more.
    """
    new = secret.new
    read = new.rolled_back_at is not None and bool(still_used(incident, secret))
    if not new.staged or new.may_serve or read or not new.ours:
        return secret
    orphans = {**new.orphans, new.ours: new.orphans.get(new.ours, False)}
    return replace(secret, new=replace(new, orphans=orphans, key_id="", name="", fingerprint="", verified_at=None))


def wanted_again(secret: SecretState) -> SecretState:
    """At the reopening: what the close has given up ends, so another one is made in its place. A leaked value that was
    to be put back before the close is not: whoever wants it to serve by now says so anew.
    """
    new = secret.new
    if new.rolling_back is not None:
        # Once cleared from staging it cannot be put in place again: consumers are asked how they are with what stands.
        new = replace(new, rolling_back=None, asked_at=None) if new.unstaged else unplaced(new)
        secret = replace(secret, new=new)
    given_up = new.source in {"issue", "install"} and not new.name and not new.key_id and not new.may_serve
    return replace(secret, new=replace(new, staged="", verified_at=None)) if given_up else secret
