"""Changes of a replacement that several subjects make: back to the staged state, or away with it."""

from __future__ import annotations

from datetime import datetime

from bot.incident.changes import replace
from bot.incident.new_value.still_used import kept_for
from bot.incident.operations import Op
from bot.incident.state import Incident, NewValue, SecretState


def unplaced(new: NewValue) -> NewValue:
    """The staged value before it was put in place and found live. The caller knows whether it may still be in its
    parameters.
    """
    return replace(new, **{name: getattr(_UNTOUCHED, name) for name in _PLACING})


_PLACING = (
    "versions", "promoted_at", "placed_at", "live_at", "restored_at", "confirmed", "asked_at", "failing",
    "failing_since", "blamed_at", "as_before", "rolling_back", "roll_back_began_at", "overdue",
)  # fmt: skip
"""What is known of a value by putting it in place."""
_UNTOUCHED = NewValue()


def orphaned(new: NewValue) -> NewValue:
    """With its key among the ones to revoke at once; one that is known there stays as it is."""
    return replace(new, orphans={**new.orphans, new.ours: new.orphans.get(new.ours, False)})


def ending(new: NewValue) -> NewValue:
    """With its key, if the bot made it, among the ones to revoke: at once if it never was in its place, else when
    nothing can use it.
    """
    if not new.ours or new.ours in new.known_keys:
        return new
    if new.fingerprint in new.began:
        return replace(new, superseded={**new.superseded, new.ours: new.fingerprint})
    return orphaned(new)


def claimed(secret: SecretState, op: Op, at: datetime) -> SecretState:
    """A worker is about to do `op` to it."""
    new = replace(secret.new, receiving=op is Op.RECEIVE)
    if op is Op.PROMOTE:
        new = replace(new, promote_began_at=new.promote_began_at or at, versions={}, standing={}, held=False)
        new = replace(new, began={**new.began, new.fingerprint: new.staged})
    if op is Op.ROLL_BACK:
        new = replace(new, roll_back_began_at=new.roll_back_began_at or at)
        new = replace(new, live_at=None, restored_at=None, confirmed=False, standing={})
    return replace(secret, new=new)


def make_again(secret: SecretState) -> SecretState:
    """A person wants what waits for a retry: another value in place of a rejected one, or one that was rolled back in
    place again; while consumers fail, that they be asked.
    """
    asked_at = None if secret.new.failing else secret.new.asked_at
    return replace(secret, new=replace(secret.new, held=False, asked_at=asked_at))


def given_up(incident: Incident, secret: SecretState) -> SecretState:
    """After the close a key that was made and is not in place must not keep working, unless it may be in use. No other
    value will get it.
    """
    new = secret.new
    if not new.staged or new.may_serve or not new.ours or kept_for(incident, secret):
        return secret
    return replace(secret, new=replace(orphaned(new), key_id="", name="", fingerprint="", verified_at=None))


def wanted_again(secret: SecretState) -> SecretState:
    """At the reopening: keys given up by the close are revoked, so another one is made. A roll back from before the
    close is not repeated; a person must request it again.
    """
    new = secret.new
    if new.rolling_back is not None:
        # Once cleared from staging it cannot be put in place again: consumers are asked how they are with what stands.
        new = replace(new, rolling_back=None, asked_at=None) if new.unstaged else unplaced(new)
        secret = replace(secret, new=new)
    given_up = new.source in {"issue", "install"} and not new.name and not new.key_id and not new.may_serve
    return replace(secret, new=replace(new, staged="", verified_at=None)) if given_up else secret
