"""Operations on the leaked value: capture, snapshot, revoke. Its proof stands in `proving.py`."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.errors import NotAlone, OutsideError, Refused, Unauthorized
from bot.incident import events as e
from bot.incident.model import KeyRef, Part, RevokedBy, TargetKind
from bot.providers.contract import (
    Compares,
    Held,
    Identifies,
    KeyId,
    Provider,
    Revokes,
    RevokesItself,
    Snapshot,
    Snapshots,
)
from bot.rotation.job import Job, probe_record, read_new, read_old, record
from bot.rotation.owners import needs_owner, revoke_with_owner
from bot.rotation.pairing import versions_with
from bot.secret import Credential, Secret
from bot.vault.contract import Vault

QUICK = timedelta(seconds=1)


def capture(job: Job) -> e.OldCaptured:
    """Pins the leaked value: at which versions it stands, since when, and which key at the provider it is."""
    secret, vault = job.secret, job.tools.vault
    entry, target, main = secret.entry, secret.target, secret.entry.main
    if target.staged is not None:
        value, current, since = vault.read(target.staged).value, False, None
        versions = versions_with(vault, entry, None)
    else:
        stored = vault.read(main.parameter, target.version)
        value = stored.value
        current = target.version is None or vault.read(main.parameter).value.secret_part == value.secret_part
        since = _since(vault, main, value)
        versions = {main.parameter: stored.version, **versions_with(vault, entry, stored.version)}
    _check_target(job, value)
    parts = {p.name: value if p is main else vault.read(p.parameter, versions[p.parameter]).value for p in entry.parts}
    credential = Credential(parts, main.name)
    return e.OldCaptured(
        claim=job.claim.number,
        secret=secret.name,
        fingerprint=credential.fingerprint,
        versions=versions,
        staged=target.staged,
        current=current,
        candidates=_candidates(job, credential),
        exposed_since=since,
        own=job.tools.own(credential),
    )


def _since(vault: Vault, main: Part, value: Secret) -> datetime | None:
    """When the value was first written: it may have been written again, or put back, since."""
    return min((version.written_at for version in vault.holding(value, main.parameter)), default=None)


def _check_target(job: Job, value: Secret) -> None:
    target = job.secret.target
    if target.kind is TargetKind.CONFIRMED and target.fingerprint and value.fingerprint != target.fingerprint:
        raise Refused(
            job.secret.entry.provider,
            "capture the leaked value",
            f"the parameter no longer holds the value {target.fingerprint} that was identified: identify it again",
        )


def _candidates(job: Job, credential: Credential) -> tuple[KeyRef, ...]:
    provider = job.provider()
    if not isinstance(provider, Identifies):
        return ()
    try:
        return tuple(key_ref(key) for key in provider.identify(credential))
    except (Refused, Unauthorized):
        if job.secret.entry.abilities.revokes is RevokedBy.MACHINE:
            raise
        return ()  # without an admin credential a person finds the key; the bot need not know it


def key_ref(key: KeyId) -> KeyRef:
    """A provider's key as the log keeps it."""
    return KeyRef(key.id, key.name, key.hint, key.created_at, key.last_used_at)


def snapshot(job: Job) -> e.SnapshotTaken:
    """Keeps what a deletion would destroy, and takes the baseline: both in a few seconds, then killing goes on.

    In this order, or the look itself would be the last use that is kept.
    """
    seconds = job.incident.timings.snapshot / 2
    provider, old = job.provider(seconds), read_old(job)
    kept, missing = _snapshot(job, provider, old)
    probe = probe_record("old", provider.probe(old))
    return e.SnapshotTaken(job.claim.number, job.secret.name, record(kept), missing, probe)


def _snapshot(job: Job, provider: Provider, old: Credential) -> tuple[Snapshot, str]:
    """What could be read, and what was missing. A quick failure gets a second try: after the kill it is too late."""
    began = job.tools.clock()
    try:
        return _read_snapshot(job, provider, old), ""
    except OutsideError as error:
        if not error.retryable or job.tools.clock() - began > QUICK:
            return Snapshot(), str(error)
    try:
        return _read_snapshot(job, provider, old), ""
    except OutsideError as error:
        return Snapshot(), str(error)


def _read_snapshot(job: Job, provider: Provider, old: Credential) -> Snapshot:
    if isinstance(provider, Snapshots) and job.secret.entry.abilities.snapshots:
        return provider.snapshot(old, job.secret.old.key_id)
    return Snapshot(account=(provider.account(old) or "") if isinstance(provider, Compares) else "")


def revoke(job: Job) -> e.AccessRevoked | e.RevocationNeedsOwner:
    """Revokes exactly the captured key. That the provider says so proves nothing yet."""
    secret, provider = job.secret, job.provider()
    old, replacement = read_old(job), _replacement(job)
    job.still_mine()
    by = secret.entry.abilities.revokes
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
    if not job.secret.new.staged:
        return None
    try:
        return read_new(job)
    except OutsideError:
        if job.secret.entry.abilities.revoke_needs_replacement:
            raise
        return None


def unstage_old(job: Job) -> e.Unstaged:
    """Deletes the staged old value, after its last probe."""
    staged = job.secret.old.staged
    if staged is not None:
        job.still_mine()
        job.tools.vault.unstage(staged)
    return e.Unstaged(job.claim.number, job.secret.name, old=True)
