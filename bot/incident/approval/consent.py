"""How people's consent to a kill is kept: who gave it, when it lapses, and taking it out again.

The log holds what a person was entitled to when they spoke. Between that and the kill minutes can pass, so the worker
asks once more about everybody on whose word the kill rests, with the people file as it is then.
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
    """Key, strategy or value is what `by` has made it: their word stands by it, everybody else's has lapsed.

    Broken glass is for the key alone, so it lapses where the `key` is another one by another person.
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
    """Somebody wants it killed now. In an overlap that is another strategy, and theirs if it is the one that they saw:
    everybody else's consent has lapsed. A declaration names no plan, and so means the one that it has made.
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
    """Nobody's word counts any more; that somebody wants it killed is still known, so two people are asked for it."""
    kill = replace(secret.kill, rights=NOBODY) if secret.kill is not None else None
    return replace(secret, author=None, consents={}, kill=kill)


def lapsed(secret: SecretState, by: By) -> SecretState:
    """What was decided beforehand carries its kill no longer: people are asked, from now on and for this run."""
    return replace(secret, lapsed=secret.lapsed or by)


def answered(secret: SecretState) -> SecretState:
    """Nobody waits for a second person any more."""
    return replace(secret, asked_at=None, glass_offered=False)


def keeping(secret: SecretState, counts: Callable[[str, datetime], bool]) -> SecretState:
    """The secret with those words alone that count, each by who gave it and when: whoever is needed is asked anew."""
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
    """What takes out a person on whose word the kill rests and who may not give it any more; None where it rests on
    others as well, or on nobody. When it has been done, ask again.
    """
    basis = kill_basis(incident, secret, now)
    if not isinstance(basis, Basis):
        return None
    if isinstance(kill_basis(incident, secret, now, entitled), Basis):
        return None
    for giver in basis.givers:
        for right in sorted(giver.rights):
            if not entitled(giver.name, right):
                reason = f"The people file does not give {giver.name} the right to {right} any more."
                return c.WithdrawConsent(secret.name, basis.kind, giver.name, reason)
    return None


def withdraw(incident: Incident, body: c.WithdrawConsent, at: datetime) -> tuple[e.Event, ...]:
    """Takes the person's consent out, if the kill still rests on it; nothing if that has changed meanwhile."""
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
    """The incident as if nobody had consented to any kill that has not been made yet: all are asked again.

    Kills by one responder are to be decided again too, and what is proposed is to be proposed again.
    """
    secrets = {name: secret if made(secret) else _asked_again(secret, by) for name, secret in incident.secrets.items()}
    return replace(incident, secrets=secrets, request=None, proposal=None)


def made(secret: SecretState) -> bool:
    """Whether its kill has been made: then nobody's word is taken out any more."""
    return secret.gone or secret.old.revoked_at is not None


def _asked_again(secret: SecretState, by: By) -> SecretState:
    return lapsed(answered(replace(voided(secret), slot=None, glass=None)), by)
