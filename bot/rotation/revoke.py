"""Revoke: revokes the captured key at its provider. The proof is in `prove.py`."""

from __future__ import annotations

from dataclasses import replace

from bot.errors import Missing, NotAlone, OutsideError, Refused
from bot.incident import events as e
from bot.model.capabilities import RevokedBy
from bot.model.keys import NONE_OF_THESE, Owner
from bot.providers.contract import (
    Held,
    Provider,
    Revokes,
    RevokesItself,
    RevokesWithOwner,
)
from bot.rotation.job import Job, read_old, read_replacement
from bot.secrets.keyshapes import redact
from bot.secrets.secret import Credential

# Ending a key together with what it belongs to, where the provider does not end it by itself.


WORDS_LENGTH = 300
"""The most characters of an owner's name: the person who made it chose it."""


def needs_owner(job: Job, provider: Provider, held: Held, refused: NotAlone) -> e.RevocationNeedsOwner:
    """What would have to be deleted instead, for a second person to agree to. `refused` again if that is unknown."""
    if not isinstance(provider, RevokesWithOwner) or not job.secret.entry.capabilities.revokes_with_owner:
        raise refused
    return _needed(job, provider.owner(held))


def revoke_with_owner(job: Job, provider: Provider, held: Held) -> e.AccessRevoked | e.RevocationNeedsOwner:
    """Deletes the agreed owner, if it is still the same and still has no other working keys."""
    agreed = job.secret.old.owner
    if agreed is None or not agreed.alone or not isinstance(provider, RevokesWithOwner):
        raise Refused(
            job.secret.entry.provider, "revoke the old key with its owner", "only a person can, in its console"
        )
    found = _owner(provider, held)
    if found is not None and (found.id, found.alone) != (agreed.id, True):
        return _needed(job, found)
    job.still_mine()
    provider.revoke_with_owner(held, agreed.id)
    detail = f"at {provider.card.title}, by the bot, together with {agreed.words}"
    return e.AccessRevoked(job.claim.number, job.secret.name, detail)


def _owner(provider: RevokesWithOwner, held: Held) -> Owner | None:
    """None where it is gone already: a try that was interrupted may have come so far."""
    try:
        return provider.owner(held)
    except Missing:
        return None


def _needed(job: Job, owner: Owner) -> e.RevocationNeedsOwner:
    words = redact(" ".join(owner.words.split()))[:WORDS_LENGTH]
    return e.RevocationNeedsOwner(job.claim.number, job.secret.name, replace(owner, words=words))


def revoke(job: Job) -> e.AccessRevoked | e.RevocationNeedsOwner:
    """Revokes exactly the captured key. That the provider says so proves nothing yet."""
    secret, provider = job.secret, job.provider()
    if secret.old.key_id == NONE_OF_THESE.id:
        cause = "a person said that none of the listed keys is it: revoke it in the console, if it still works"
        raise Refused(secret.entry.provider, "revoke the old key", cause)
    old, replacement = read_old(job), _replacement(job)
    job.still_mine()
    by = secret.entry.capabilities.revokes
    if by is RevokedBy.MACHINE and isinstance(provider, Revokes):
        held = Held(old, secret.old.key_id, replacement)
        if secret.old.owner is not None:
            return revoke_with_owner(job, provider, held)
        try:
            provider.revoke(held)
        except NotAlone as refused:
            return needs_owner(job, provider, held, refused)
        detail = f"at {provider.card.title}, by the bot"
    elif by is RevokedBy.ITSELF and isinstance(provider, RevokesItself):
        provider.revoke_itself(old)
        detail = f"at {provider.card.title}, by the value itself"
    else:
        raise Refused(secret.entry.provider, "revoke the old key", "only a person can, in its console")
    return e.AccessRevoked(job.claim.number, secret.name, detail)


def _replacement(job: Job) -> Credential | None:
    """The new key, if there is one. Its absence delays only a revocation that needs it."""
    serving = job.incident.serving(job.secret)
    if not serving.new.staged:
        return None
    try:
        return read_replacement(job.tools.vault, serving)
    except OutsideError:
        if job.secret.entry.capabilities.revoke_needs_replacement:
            raise
        return None
