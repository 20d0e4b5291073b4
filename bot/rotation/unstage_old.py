"""Unstage old: deletes the staged leaked value, once nothing will probe it any more."""

from __future__ import annotations

from bot.incident import events as e
from bot.model.places import old_place
from bot.rotation.job import Job


def unstage_old(job: Job) -> e.Unstaged:
    """Deletes the staged old value, after its last probe."""
    job.still_mine()
    job.tools.vault.unstage(old_place(job.incident.id, job.secret.name))
    return e.Unstaged(job.claim.number, job.secret.name, old=True)
