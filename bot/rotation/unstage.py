"""Unstage: deletes the staged new keys once the live parameters hold the valid one."""

from __future__ import annotations

from bot.incident import events as e
from bot.model.places import old_place, staging_of
from bot.providers.contract import Issues
from bot.rotation.job import Job
from bot.rotation.staged import made_names, origins, room_made, unrecorded


def unstage(job: Job) -> e.Unstaged:
    """Deletes all staged new keys of the secret: the live parameters hold the valid one."""
    vault = job.tools.vault
    job.still_mine()
    for origin in origins(job):
        for name in vault.staged(f"{staging_of(origin, job.secret.name)}/new"):
            vault.unstage(name)
    return e.Unstaged(job.claim.number, job.secret.name, old=False)


# Unstage old: deletes the staged leaked key after its last probe.


def unstage_old(job: Job) -> e.Unstaged:
    """Deletes the staged old key, after its last probe."""
    job.still_mine()
    job.tools.vault.unstage(old_place(job.incident.id, job.secret.name))
    return e.Unstaged(job.claim.number, job.secret.name, old=True)


# Sweep: looks for keys that nothing recorded.


def sweep(job: Job) -> e.Swept | e.OrphansFound:
    """Looks for what nothing recorded, after everything that could still act has had its time."""
    secret, provider = job.secret, job.provider()
    if isinstance(provider, Issues):
        keys = [key.id for key in unrecorded(job, provider)]
    else:
        keys = [name for name in made_names(job) if name != secret.new.name]
    room = room_made(job, provider)
    if keys:
        return e.OrphansFound(job.claim.number, secret.name, tuple(keys), room)
    return e.Swept(job.claim.number, secret.name, room)
