"""Operations on the leaked value: capture, snapshot, revoke, prove."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.errors import OutsideError, Refused, Unauthorized
from bot.incident import events as e
from bot.incident.model import KeyRef, Part, Probe, RevokedBy, TargetKind
from bot.providers.contract import (
    Compares,
    Controls,
    Held,
    Identifies,
    KeyId,
    Liveness,
    Provider,
    Revokes,
    RevokesItself,
    Snapshot,
    Snapshots,
)
from bot.rotation.job import Job, probe_record, read_new, read_old, record
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
    )


def _since(vault: Vault, main: Part, value: Secret) -> datetime | None:
    """When the value was first written: it may have been written again, or put back, since."""
    held = {number for _, number in vault.find(value, [main.parameter])}
    return min((each.written_at for each in vault.history(main.parameter) if each.number in held), default=None)


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
    """Keeps what a deletion would destroy, and takes the baseline: both in a few seconds, then killing goes on."""
    seconds = job.incident.timings.snapshot / 2
    provider, old = job.provider(seconds), read_old(job)
    probe = probe_record("old", provider.probe(old))
    kept, missing = _snapshot(job, provider, old)
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


def revoke(job: Job) -> e.AccessRevoked:
    """Revokes exactly the captured key. That the provider says so proves nothing yet."""
    secret, provider = job.secret, job.provider()
    old, replacement = read_old(job), _replacement(job)
    job.still_mine()
    by = secret.entry.abilities.revokes
    if by is RevokedBy.MACHINE and isinstance(provider, Revokes):
        provider.revoke(Held(old, secret.old.key_id, replacement))
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


def prove(job: Job) -> e.OldProbed:
    """One look at the old value; a refusal only counts with a control accepted through the same path after it."""
    secret = job.secret
    # Before the kill a look must be short: the kill waits for it.
    provider = job.provider(job.incident.timings.snapshot / 2 if secret.old.revoked_at is None else None)
    probe = probe_record("old", provider.probe(read_old(job)))
    if probe.liveness != Liveness.DEAD:
        return e.OldProbed(job.claim.number, secret.name, probe)
    new = _new_value_probe(job, provider)
    control = _control(provider, new)
    bystanders = () if new is None else (Probe("the new value", new.liveness, new.detail),)
    return e.OldProbed(job.claim.number, secret.name, probe, control, bystanders)


def _new_value_probe(job: Job, provider: Provider) -> Probe | None:
    """The new value, once it has been seen alive: the best control, and a bystander whose death stops everything.

    None also where it cannot be read, and after the close where it has been rotated since: it may well be dead then.
    """
    secret = job.secret
    if secret.new.verified_at is None:
        return None
    try:
        new = read_new(job)
        if not job.incident.open and job.tools.vault.read(secret.entry.main.parameter).value != new.key:
            return None
    except OutsideError:
        return None
    return probe_record("control: the new value", provider.probe(new))


def _control(provider: Provider, new: Probe | None) -> Probe | None:
    if new is not None and new.liveness == Liveness.LIVE:
        return new
    if isinstance(provider, Controls):
        answer = probe_record("control: the admin credential", provider.control())
        if answer.liveness == Liveness.LIVE or new is None:
            return answer
    return new


def unstage_old(job: Job) -> e.Unstaged:
    """Deletes the staged old value, after its last probe."""
    staged = job.secret.old.staged
    if staged is not None:
        job.still_mine()
        job.tools.vault.unstage(staged)
    return e.Unstaged(job.claim.number, job.secret.name, old=True)
