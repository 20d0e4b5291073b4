"""Last use: asks when the old key was last used."""

from __future__ import annotations

from bot.errors import OutsideError
from bot.incident import events as e
from bot.rotation.job import Job, read_old
from bot.rotation.snapshot import read_snapshot


def last_use(job: Job) -> e.LastUseRead:
    """When the provider says that the old key was last used. Whatever it answers, the kill does not wait for it."""
    number, name = job.claim.number, job.secret.name
    try:
        provider = job.provider(job.incident.timings.snapshot / 2)
        kept = read_snapshot(job, provider, read_old(job))
    except OutsideError as error:
        return e.LastUseRead(number, name, None, str(error))
    return e.LastUseRead(number, name, kept.last_used_at)
