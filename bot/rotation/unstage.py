"""Unstage: deletes the staged new values, once the live parameters hold the one that counts."""

from __future__ import annotations

from bot.incident import events as e
from bot.model.places import staging_of
from bot.rotation.job import Job
from bot.rotation.staged import origins


def unstage(job: Job) -> e.Unstaged:
    """Deletes all staged new values of the secret: the live parameters hold the one that counts."""
    vault = job.tools.vault
    job.still_mine()
    for origin in origins(job):
        for name in vault.staged(f"{staging_of(origin, job.secret.name)}/new"):
            vault.unstage(name)
    return e.Unstaged(job.claim.number, job.secret.name, old=False)
