"""How people's consent to a revocation is kept: its author, when it lapses, and its removal.

The log has people's rights at the time of their consent. Minutes can pass until the revocation, so the worker checks
everyone again whose consent it needs, with the people file of that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.basis import Entitled, kill_basis
from bot.incident.approval.plan import end_of, same_end, same_plan
from bot.incident.changes import replace
from bot.incident.model import By, Right, Strategy
from bot.incident.state import Basis, Consent, Incident, SecretState

NOBODY = frozenset[Right]()


def authored(
    incident: Incident, secret: SecretState, by: By, rights: Iterable[Right], *, key: bool = False
) -> SecretState:
    """Key, strategy or value is now `by`'s choice: their consent covers it, all others have lapsed.

    Broken glass is for the key alone, so it lapses if another person chooses another `key`.
    """
    kill, glass = secret.kill, secret.glass
    if kill is not None and kill.name != by.name:
        kill = replace(kill, rights=NOBODY)
    if key and glass is not None and glass.name != by.name:
        glass = None
    author = Consent(by.name, by.at, frozenset(rights), end_of(incident, secret))
    return replace(secret, author=author, consents={}, kill=kill, glass=glass)


def consented(
    secret: SecretState, by: By, rights: Iterable[Right], plan: str, until: datetime | None = None
) -> SecretState:
    """`by` agrees to the plan of this digest."""
    given = Consent(by.name, by.at, frozenset(rights), plan, until)
    return replace(secret, consents={**secret.consents, by.name: given})


def asked_to_kill(incident: Incident, secret: SecretState, by: By, event: e.KillRequested) -> SecretState:
    """A person wants it revoked now. In an overlap that changes the strategy, with their consent if they saw that plan,
    and all other consents lapse. A declaration names no plan, and so covers the one that it made.
    """
    given = Consent(by.name, by.at, frozenset(event.rights), event.plan or end_of(incident, secret))
    counts = secret.kill is not None and Right.RESPOND in secret.kill.rights
    counts = counts and secret.kill is not None and same_end(incident, secret, secret.kill.plan)
    asked = replace(secret, kill=secret.kill if counts else given, slot=by.at if event.slot else secret.slot)
    if not event.plan:
        return asked
    if secret.strategy is not Strategy.OVERLAP or secret.kill is not None:
        return consented(asked, by, event.rights, event.plan)
    seen = same_plan(incident, asked, event.plan)
    return authored(incident, asked, by, event.rights) if seen else replace(asked, author=None, consents={})


def voided(secret: SecretState) -> SecretState:
    """All consents are void. That someone wants it revoked stays known, so two people are asked for it."""
    kill = replace(secret.kill, rights=NOBODY) if secret.kill is not None else None
    return replace(secret, author=None, consents={}, kill=kill)


def lapsed(secret: SecretState, by: By) -> SecretState:
    """An earlier decision no longer allows its revocation: from now on people are asked, for this run."""
    return replace(secret, lapsed=secret.lapsed or by)


def answered(secret: SecretState) -> SecretState:
    """No question to a second person is open now."""
    return replace(secret, asked_at=None, glass_offered=False)


def keeping(secret: SecretState, counts: Callable[[str, datetime], bool]) -> SecretState:
    """The secret with only these consents, each by its author and time; further people are asked again."""
    author, kill, glass = secret.author, secret.kill, secret.glass
    if author is not None and not counts(author.name, author.at):
        author = None
    if kill is not None and (not counts(kill.name, kill.at) or (author is None and not kill.rights)):
        kill = None
    if glass is not None and not counts(glass.name, glass.at):
        glass = None
    consents = {name: given for name, given in secret.consents.items() if counts(name, given.at)}
    return replace(secret, author=author, consents=consents, kill=kill, glass=glass)


def unentitled(incident: Incident, secret: SecretState, now: datetime, entitled: Entitled) -> c.WithdrawConsent | None:
    """The command that removes a person who may no longer consent but whose consent the revocation needs; None if
    others suffice, or none is needed. After it, ask again.
    """
    basis = kill_basis(incident, secret, now)
    if not isinstance(basis, Basis):
        return None
    if isinstance(kill_basis(incident, secret, now, entitled), Basis):
        return None
    for giver in basis.givers:
        for right in sorted(giver.rights):
            if not entitled(giver.name, right):
                reason = f"{giver.name} no longer has the right to {right} in the people file."
                return c.WithdrawConsent(secret.name, basis.kind, giver.name, reason)
    return None


def withdraw(incident: Incident, body: c.WithdrawConsent, at: datetime) -> tuple[e.Event, ...]:
    """Removes the person's consent if the revocation still needs it; nothing if that has changed meanwhile."""
    secret = incident.secrets.get(body.secret)
    if secret is None or secret.old.revoked_at is not None:
        return ()
    basis = kill_basis(incident, secret, at)
    if not isinstance(basis, Basis) or basis.kind is not body.kind:
        return ()
    if all(giver.name != body.name for giver in basis.givers):
        return ()
    return (e.ConsentWithdrawn(body.secret, body.kind, body.name, body.reason),)


def without_consents(incident: Incident, by: By) -> Incident:
    """The incident without any consent to revocations that were not made yet: people are asked again.

    Revocations by one responder must be decided again too, and proposals repeated.
    """
    secrets = {name: secret if made(secret) else _asked_again(secret, by) for name, secret in incident.secrets.items()}
    return replace(incident, secrets=secrets, request=None, proposal=None)


def made(secret: SecretState) -> bool:
    """Whether its revocation has been made, after which no consent is removed."""
    return secret.gone or secret.old.revoked_at is not None


def _asked_again(secret: SecretState, by: By) -> SecretState:
    return lapsed(answered(replace(voided(secret), slot=None, glass=None)), by)
