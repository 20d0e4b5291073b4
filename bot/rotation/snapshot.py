"""Snapshot: keeps what the revocation would destroy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.errors import OutsideError
from bot.incident import events as e
from bot.model.keys import Snapshot
from bot.providers.contract import Compares, Provider, Snapshots
from bot.rotation.job import Job, read_old
from bot.secret import Credential

QUICK = timedelta(seconds=1)


def snapshot(job: Job) -> e.SnapshotTaken:
    """Keeps what a deletion would destroy, and takes the baseline: both in a few seconds, then killing goes on.

    In this order, or the look itself would be the last use that is kept.
    """
    seconds = job.incident.timings.snapshot / 2
    provider, old = job.provider(seconds), read_old(job)
    kept, missing = _snapshot(job, provider, old)
    kept = _before_any_look(job, kept)
    probe = provider.probe(old).about("old")
    return e.SnapshotTaken(job.claim.number, job.secret.name, kept, missing, probe)


def _before_any_look(job: Job, kept: Snapshot) -> Snapshot:
    """With the last use that `capture` was shown, where it was: it may have had to look at the value since."""
    known = next((each for each in job.secret.old.candidates if each.id == job.secret.old.key_id), None)
    if known is None or known.last_used_at is None or kept.last_used_at is None:
        return kept
    return replace(kept, last_used_at=min(known.last_used_at, kept.last_used_at))


def _snapshot(job: Job, provider: Provider, old: Credential) -> tuple[Snapshot, str]:
    """What could be read, and what was missing. A quick failure gets a second try: after the kill it is too late."""
    began = job.tools.clock()
    try:
        return read_snapshot(job, provider, old), ""
    except OutsideError as error:
        if not error.retryable or job.tools.clock() - began > QUICK:
            return Snapshot(), str(error)
    try:
        return read_snapshot(job, provider, old), ""
    except OutsideError as error:
        return Snapshot(), str(error)


def read_snapshot(job: Job, provider: Provider, old: Credential) -> Snapshot:
    if isinstance(provider, Snapshots) and job.secret.entry.capabilities.snapshots:
        return provider.snapshot(old, job.secret.old.key_id)
    return Snapshot(account=(provider.account(old) or "") if isinstance(provider, Compares) else "")
