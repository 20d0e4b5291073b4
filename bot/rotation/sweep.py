"""Sweep: looks for keys that nothing recorded."""

from __future__ import annotations

from bot.incident import events as e
from bot.providers.contract import Issues
from bot.rotation.job import Job
from bot.rotation.staged import made_names, room_made, unrecorded


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
