"""Read scopes: asks what the old key may do, so that the new one may do the same."""

from __future__ import annotations

from bot.errors import Refused
from bot.incident import events as e
from bot.providers.contract import Snapshots
from bot.rotation.job import Job, read_old


def read_scopes(job: Job) -> e.ScopesRead:
    """The scopes that the snapshot could not read. Refused if they cannot be known: then a person chooses."""
    provider = job.provider()
    if not isinstance(provider, Snapshots):
        raise Refused(job.secret.entry.provider, "read scopes", "the provider does not show them: choose them")
    kept = provider.snapshot(read_old(job), job.secret.old.key_id)
    if kept.scopes is None:
        raise Refused(job.secret.entry.provider, "read scopes", "they are unknown: choose them, none means all rights")
    return e.ScopesRead(job.claim.number, job.secret.name, kept)
