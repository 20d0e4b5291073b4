"""Revoke: revokes the captured key at its provider. The proof is in `prove.py`."""

from __future__ import annotations

from bot.errors import OutsideError, Refused
from bot.incident import events as e
from bot.model.capabilities import RevokedBy
from bot.model.keys import NONE_OF_THESE
from bot.providers.contract import (
    Held,
    Revokes,
    RevokesItself,
)
from bot.rotation.job import Job, read_old, read_replacement
from bot.secrets.secret import Credential


def revoke(job: Job) -> e.AccessRevoked:
    """Revokes exactly the captured key. That the provider says so proves nothing yet."""
    secret, provider = job.secret, job.provider()
    if secret.old.key_id == NONE_OF_THESE.id:
        cause = "a person said that none of the listed keys is it: revoke it in the console, if it still works"
        raise Refused(secret.entry.provider, "revoke the old key", cause)
    old, replacement = read_old(job), _replacement(job)
    job.still_mine()
    by = secret.entry.capabilities.revokes
    if by is RevokedBy.MACHINE and isinstance(provider, Revokes):
        provider.revoke(Held(old, secret.old.key_id, replacement))
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
