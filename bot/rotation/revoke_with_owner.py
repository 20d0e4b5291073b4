"""Ending a key together with what it belongs to, where the provider does not end it by itself."""

from __future__ import annotations

from dataclasses import replace

from bot.errors import Missing, NotAlone, Refused
from bot.incident import events as e
from bot.keyshapes import redact
from bot.model.keys import Owner
from bot.providers.contract import Held, Provider, RevokesWithOwner
from bot.rotation.job import Job

WORDS_LENGTH = 300
"""Of what an owner is called: names there were chosen by whoever made it."""


def needs_owner(job: Job, provider: Provider, held: Held, refused: NotAlone) -> e.RevocationNeedsOwner:
    """What would have to be deleted instead, for a second person to agree to. `refused` again where that is unknown."""
    if not isinstance(provider, RevokesWithOwner) or not job.secret.entry.capabilities.revokes_with_owner:
        raise refused
    return _needed(job, provider.owner(held))


def revoke_with_owner(job: Job, provider: Provider, held: Held) -> e.AccessRevoked | e.RevocationNeedsOwner:
    """Deletes the owner that was agreed to, if it still is that one and still has no other living keys."""
    agreed = job.secret.old.owner
    if agreed is None or not agreed.alone or not isinstance(provider, RevokesWithOwner):
        raise Refused(job.secret.entry.provider, "end the old key with its owner", "only a person can, in its console")
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
