"""Revoke: ends the captured key at its provider. Its proof stands in `prove.py`."""

from __future__ import annotations

from bot.errors import NotAlone, OutsideError, Refused
from bot.incident import events as e
from bot.model.capabilities import RevokedBy
from bot.model.keys import NONE_OF_THESE
from bot.providers.contract import (
    Held,
    Revokes,
    RevokesItself,
)
from bot.rotation.job import Job, read_old, read_replacement
from bot.rotation.revoke_with_owner import needs_owner, revoke_with_owner
from bot.secret import Credential


def revoke(job: Job) -> e.AccessRevoked | e.RevocationNeedsOwner:
    """Revokes exactly the captured key. That the provider says so proves nothing yet."""
    secret, provider = job.secret, job.provider()
    if secret.old.key_id == NONE_OF_THESE.id:
        cause = "none of the listed keys is it, a person has said: end it in the console, if it is alive at all"
        raise Refused(secret.entry.provider, "revoke the old value", cause)
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
        raise Refused(secret.entry.provider, "revoke the old value", "only a person can, in its console")
    return e.AccessRevoked(job.claim.number, secret.name, detail)


def _replacement(job: Job) -> Credential | None:
    """The new value if there is one. Only where revoking needs it may its absence hold up a kill."""
    serving = job.incident.serving(job.secret)
    if not serving.new.staged:
        return None
    try:
        return read_replacement(job.tools.vault, serving)
    except OutsideError:
        if job.secret.entry.capabilities.revoke_needs_replacement:
            raise
        return None
