"""Copies of a secret beside its parameter: a CI secret, a setting elsewhere, an image, a backup.

The bot cannot reach them. A person updates each to the new value, purges it, or accepts by name that the old one stays
there: before an overlap ends, since a copy still serves by the old value, and before the close.
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
from bot.model.secrets import Copy, CopyKind, SecretEntry


def copy_list(entry: SecretEntry) -> dict[str, CopyState]:
    """Every copy of the catalog, open."""
    return {copy.name: CopyState(copy) for copy in entry.copies}


def copy_digest(state: CopyState) -> str:
    """Changes when somebody settles it, or has to settle it anew."""
    by = f"{state.outcome}:{state.settled.name}@{state.settled.at.isoformat()}" if state.settled else ""
    return hashlib.sha256(f"{state.copy.name}:{by}".encode()).hexdigest()[:16]


def settle(incident: Incident, body: c.SettleCopy) -> tuple[e.Event, ...]:
    """What a person says that they did about one copy. To keep the old value somewhere takes a reason."""
    secret = secret_named(incident, body.secret)
    state = secret.copies.get(body.copy)
    if state is None:
        known = ", ".join(secret.copies) or "none"
        raise Declined(f"{secret.name} has no copy {body.copy!r} in the catalog. Its copies: {known}.")
    if body.seen and body.seen != copy_digest(state):
        raise Declined(f"Copy “{body.copy}” of {secret.name} has changed since this was shown to you: look again.")
    if state.settled is not None and state.outcome is body.outcome:
        raise Declined(f"Copy “{body.copy}” of {secret.name} was {body.outcome} {when(state.settled)}.")
    if body.outcome is CopyOutcome.UPDATED and secret.new.wanted and secret.new.promoted_at is None:
        raise Declined(f"{secret.name} has no new value in place yet, so “{body.copy}” cannot have it: update it then.")
    if body.outcome is CopyOutcome.ACCEPTED and not body.note.strip():
        if body.copy in copies_with_new(secret):
            raise Declined(f"Say in the note that “{body.copy}” has the old value of {secret.name} again, or may fail.")
        raise Declined(f"Say in the note why the old value of {secret.name} may stay in “{body.copy}”.")
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
    """Another new value: what was updated holds the one before, unless somebody has said otherwise."""
    return _asked_anew(secret, lambda state: _forgotten(state) if _accepted(state) else _unsettled(state))


def rolled_back(secret: SecretState) -> SecretState:
    """What was updated to the new value may fail with it, as its consumers do."""
    return _asked_anew(secret, _unsettled)


def placed_again(secret: SecretState) -> SecretState:
    """What was said of a copy while the leaked value served again does not count for the new value in its place."""
    new = secret.new.fingerprint

    def anew(state: CopyState) -> CopyState:
        if not _accepted(state):
            return state
        return _unsettled(state) if state.updated_to == new else _forgotten(state)

    return _asked_anew(secret, anew)


def copies_with_new(secret: SecretState) -> tuple[str, ...]:
    """While the leaked value serves again: the copies that may have a new one, by name, since nobody has said
    otherwise. Where the leaked one has ended, nothing of it can be put back there.
    """
    back = secret.new.back_since is not None and not secret.gone
    return tuple(state.copy.name for state in secret.open_copies if back and state.updated_to)


def copies_having(secret: SecretState, fingerprint: str) -> tuple[str, ...]:
    """The copies that may have this new value, by name: they were updated to it, and nobody has said otherwise."""
    said = {CopyOutcome.PURGED, CopyOutcome.ACCEPTED}
    every = secret.copies.values()
    return tuple(s.copy.name for s in every if s.updated_to == fingerprint != "" and s.outcome not in said)


def _asked_anew(secret: SecretState, anew: Callable[[CopyState], CopyState]) -> SecretState:
    """With each copy that was updated to a new value as `anew` makes it."""
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
