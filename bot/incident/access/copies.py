"""Copies of a secret besides its parameter: a CI secret, a setting elsewhere, an image, a backup.

The bot cannot reach them. A person updates each to the new key, purges it, or accepts by name that it keeps the old
one. That is needed before an overlap ends, since a copy may still use the old key, and before the close.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.changes import replace
from bot.incident.model import By, CopyOutcome
from bot.incident.refusals import Declined, clean, secret_named, when
from bot.incident.state import CopyState, Incident, SecretState
from bot.model.secrets import Copy, CopyKind


def copy_digest(state: CopyState) -> str:
    """Changes when a person answers for the copy, or has to answer again."""
    by = f"{state.outcome}:{state.settled.name}@{state.settled.at.isoformat()}" if state.settled else ""
    return hashlib.sha256(f"{state.copy.name}:{by}".encode()).hexdigest()[:16]


def settle(incident: Incident, body: c.SettleCopy) -> tuple[e.Event, ...]:
    """A person's answer for one copy. Keeping the old key there needs a reason."""
    secret = secret_named(incident, body.secret)
    state = secret.copies.get(body.copy)
    if state is None:
        known = ", ".join(secret.copies) or "none"
        raise Declined(f"{secret.name} has no copy {body.copy!r} in the catalog. Its copies: {known}.")
    if body.seen and body.seen != copy_digest(state):
        raise Declined(f"Copy “{body.copy}” of {secret.name} has changed since you saw it. Look again.")
    if state.settled is not None and state.outcome is body.outcome:
        raise Declined(f"Copy “{body.copy}” of {secret.name} was {body.outcome} {when(state.settled)}.")
    if body.outcome is CopyOutcome.UPDATED and secret.new.wanted and secret.new.promoted_at is None:
        raise Declined(
            f"{secret.name} has no new key in place yet, so “{body.copy}” cannot have it. Update it afterwards."
        )
    if body.outcome is CopyOutcome.ACCEPTED and not body.note.strip():
        if body.copy in copies_with_new(secret):
            raise Declined(f"Write in the note that “{body.copy}” has the old key of {secret.name} again, or may fail.")
        raise Declined(f"Explain in the note why the old key of {secret.name} may stay in “{body.copy}”.")
    note = clean(body.note, "note") if body.note.strip() else ""
    return (e.CopySettled(secret.name, body.copy, body.outcome, note),)


def settled(secret: SecretState, event: e.CopySettled, by: By) -> SecretState:
    before = secret.copies.get(event.copy) or CopyState(Copy(event.copy, CopyKind.OTHER, event.copy, ""))
    after = replace(before, outcome=event.outcome, settled=by, note=event.note, updated_to="")
    if event.outcome is CopyOutcome.UPDATED:
        after = replace(after, updated_to=secret.new.fingerprint)
    elif event.outcome is CopyOutcome.ACCEPTED and secret.new.back_since is not None:
        after = replace(after, updated_to=before.updated_to)  # that counts until a value is put in place again
    return replace(secret, copies={**secret.copies, event.copy: after})


def outdated(secret: SecretState) -> SecretState:
    """After another new key, updated copies hold the earlier one, unless a person has answered since."""
    return _asked_anew(secret, lambda state: _forgotten(state) if _accepted(state) else _unsettled(state))


def rolled_back(secret: SecretState) -> SecretState:
    """Copies that were updated to the new key may fail with it, as the consumers do."""
    return _asked_anew(secret, _unsettled)


def placed_again(secret: SecretState) -> SecretState:
    """Answers from the time when the leaked key was in use again do not count for the new key in its place."""
    new = secret.new.fingerprint

    def anew(state: CopyState) -> CopyState:
        if not _accepted(state):
            return state
        return _unsettled(state) if state.updated_to == new else _forgotten(state)

    return _asked_anew(secret, anew)


def copies_with_new(secret: SecretState) -> tuple[str, ...]:
    """While the leaked key is in use again: the names of copies that may have a new one, without a later answer. A
    revoked leaked key cannot be put back there.
    """
    back = secret.new.back_since is not None and not secret.gone
    return tuple(state.copy.name for state in secret.open_copies if back and state.updated_to)


def copies_having(secret: SecretState, fingerprint: str) -> tuple[str, ...]:
    """The names of copies that may have this new key: updated to it, without a later answer."""
    said = {CopyOutcome.PURGED, CopyOutcome.ACCEPTED}
    every = secret.copies.values()
    return tuple(s.copy.name for s in every if s.updated_to == fingerprint != "" and s.outcome not in said)


def _asked_anew(secret: SecretState, anew: Callable[[CopyState], CopyState]) -> SecretState:
    """With each copy that was updated to a new key as `again` makes it."""
    copies = {name: anew(state) if _was_updated(state) else state for name, state in secret.copies.items()}
    return secret if copies == secret.copies else replace(secret, copies=copies)


def _was_updated(state: CopyState) -> bool:
    return state.outcome is CopyOutcome.UPDATED or bool(state.updated_to)


def _accepted(state: CopyState) -> bool:
    return state.outcome is CopyOutcome.ACCEPTED


def _forgotten(state: CopyState) -> CopyState:
    return replace(_unsettled(state), updated_to="")


def _unsettled(state: CopyState) -> CopyState:
    return replace(state, outcome=None, settled=None, note="")
