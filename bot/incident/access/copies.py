"""Copies of a secret beside its parameter: a CI secret, a setting elsewhere, an image, a backup.

The bot cannot reach them. A person updates each to the new value, purges it, or accepts by name that the old one stays
there: before an overlap ends, since a copy still serves by the old value, and before the close.
"""

from __future__ import annotations

import hashlib

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.state import CopyState
from bot.incident.changes import replace
from bot.incident.model import By, CopyOutcome
from bot.incident.refusals import Declined, clean, secret_named, when
from bot.incident.state import Incident, SecretState
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
        raise Declined(f"Say in the note why the old value of {secret.name} may stay in “{body.copy}”.")
    note = clean(body.note, "note") if body.note.strip() else ""
    return (e.CopySettled(secret.name, body.copy, body.outcome, note),)


def settled(secret: SecretState, event: e.CopySettled, by: By) -> SecretState:
    before = secret.copies.get(event.copy) or CopyState(Copy(event.copy, CopyKind.OTHER, event.copy, ""))
    after = replace(before, outcome=event.outcome, settled=by, note=event.note)
    return replace(secret, copies={**secret.copies, event.copy: after})


def outdated(secret: SecretState) -> SecretState:
    """Another new value: what was updated holds the one before."""
    if all(state.outcome is not CopyOutcome.UPDATED for state in secret.copies.values()):
        return secret
    copies = {
        name: replace(state, outcome=None, settled=None, note="") if state.outcome is CopyOutcome.UPDATED else state
        for name, state in secret.copies.items()
    }
    return replace(secret, copies=copies)
