"""Snapshot: keeps what the revocation would destroy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.errors import OutsideError, Refused
from bot.incident import events as e
from bot.model.keys import Snapshot
from bot.providers.contract import Compares, Provider, Snapshots
from bot.rotation.job import Job, read_old
from bot.rotation.use import FIRST_LOOK, use_seen
from bot.secrets.secret import Credential

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
    """The readable facts, and the missing ones. A quick failure gets a second try, because after the revocation it is
    too late.
    """
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


# Last use: asks when the old key was last used.


def last_use(job: Job) -> e.LastUseRead | e.UseLookedUp:
    """The provider's time of the old key's last use; where the revocation closes sessions, the sessions. The revocation
    does not depend on the answer.
    """
    number, name = job.claim.number, job.secret.name
    try:
        provider = job.provider(job.incident.timings.snapshot / 2)
        if job.secret.entry.capabilities.use_in_sessions and job.incident.traits.investigates:
            return use_seen(job, provider, FIRST_LOOK)
        kept = read_snapshot(job, provider, read_old(job))
    except OutsideError as error:
        return e.LastUseRead(number, name, None, str(error))
    return e.LastUseRead(number, name, kept.last_used_at)


# Read scopes: asks what the old key may do, so that the new one may do the same.


def read_scopes(job: Job) -> e.ScopesRead:
    """The scopes that the snapshot could not read. Refused if they cannot be known: then a person chooses."""
    provider = job.provider()
    if not isinstance(provider, Snapshots):
        raise Refused(job.secret.entry.provider, "read scopes", "the provider does not show them: choose them")
    kept = provider.snapshot(read_old(job), job.secret.old.key_id)
    if kept.scopes is None:
        raise Refused(job.secret.entry.provider, "read scopes", "they are unknown: choose them, none means all rights")
    return e.ScopesRead(job.claim.number, job.secret.name, kept)
