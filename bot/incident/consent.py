"""Whose consent a kill rests on, and taking that consent out again when its giver has lost the right to give it.

The log holds what a person was entitled to when they spoke. Between that and the kill minutes can pass, so the worker
asks once more, with the people file as it is then; the rules for what follows are here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import ConsentKind, Right
from bot.incident.plan import approved, second_person
from bot.incident.state import Incident, SecretState


@dataclass(frozen=True)
class Consent:
    """`name` is the person as recorded; `right` what they need to have for it."""

    kind: ConsentKind
    name: str
    right: Right


def consent(incident: Incident, secret: SecretState, now: datetime) -> Consent | None:
    """The consent by which the old value may be revoked at `now`; None if it may not. The same order as
    `kill_allowed`: if this one is withdrawn, the next may stand in its place.
    """
    if secret.glass is not None and secret.old.owner is None:
        return Consent(ConsentKind.BREAK_GLASS, secret.glass.name, Right.RESPOND)
    if secret.approval is not None and approved(incident, secret, now):
        return Consent(ConsentKind.APPROVAL, secret.approval.by, Right.APPROVE)
    if secret.kill is not None and not second_person(incident, secret):
        return Consent(ConsentKind.KILL, secret.kill.name, Right.RESPOND)
    return None


def withdraw(incident: Incident, body: c.WithdrawConsent, at: datetime) -> tuple[e.Event, ...]:
    """Takes the consent out, if the kill still rests on it; nothing if that has changed meanwhile."""
    secret = incident.secrets.get(body.secret)
    held = consent(incident, secret, at) if secret is not None and secret.old.revoked_at is None else None
    if held is None or (held.kind, held.name) != (body.kind, body.name):
        return ()
    return (e.ConsentWithdrawn(body.secret, body.kind, body.name, body.reason),)


def without(secret: SecretState, kind: ConsentKind) -> SecretState:
    """The secret as if that consent had never been given: whoever is needed is asked anew."""
    match kind:
        case ConsentKind.BREAK_GLASS:
            return replace(secret, glass=None)
        case ConsentKind.APPROVAL:
            return replace(secret, approval=None)
        case ConsentKind.KILL:
            return replace(secret, kill=None)
        case _:
            assert_never(kind)


def without_consents(incident: Incident) -> Incident:
    """The incident as if nobody had consented to a kill that has not begun: whoever is needed is asked anew."""
    secrets = {
        name: replace(secret, kill=None, glass=None, approval=None) if secret.old.revoke_began_at is None else secret
        for name, secret in incident.secrets.items()
    }
    return replace(incident, secrets=secrets, request=None)
