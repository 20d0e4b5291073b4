"""Operations on the leaked value: capture, snapshot, revoke. Its proof stands in `proving.py`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import NotAlone, OutsideError, Refused, Unauthorized, Unexpected
from bot.incident import events as e
from bot.incident.model import NONE_OF_THESE, KeyRef, Part, RevokedBy, TargetKind
from bot.providers.contract import (
    Compares,
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
from bot.rotation.owners import needs_owner, revoke_with_owner
from bot.rotation.pairing import versions_with
from bot.secret import Credential, Secret
from bot.vault.contract import Vault

QUICK = timedelta(seconds=1)
LOOKS = 3
"""So often a value that only looks like a key is asked about, while the answers are unclear."""


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
        return _offered(job, provider, credential, provider.identify(credential))
    except (Refused, Unauthorized):
        if job.secret.entry.abilities.revokes is RevokedBy.MACHINE:
            raise
        return ()  # without an admin credential a person finds the key; the bot need not know it


def _offered(job: Job, provider: Provider, credential: Credential, keys: list[KeyId]) -> tuple[KeyRef, ...]:
    """The keys that a revocation may be about. One alone is taken for it without asking anybody.

    A value that only looks like a key may be made up, to have that very key ended: so beside one by looks stands that
    it is none, for a person to choose, unless the value is seen alive.
    """
    refs = tuple(key_ref(key) for key in keys)
    if len(keys) != 1 or not keys[0].by_looks:
        return refs
    answer = provider.probe(credential)
    if answer.liveness is Liveness.UNKNOWN and job.claim.attempt < LOOKS:
        cause = f"whether the value is accepted is unclear ({answer.detail}), and it only looks like a key there"
        raise Unexpected(job.secret.entry.provider, "tell which key it is", cause)
    return refs if answer.liveness is Liveness.LIVE else (*refs, NONE_OF_THESE)


def key_ref(key: KeyId) -> KeyRef:
    """A provider's key as the log keeps it."""
    return KeyRef(key.id, key.name, key.hint, key.created_at, key.last_used_at, key.by_looks)


def snapshot(job: Job) -> e.SnapshotTaken:
    """Keeps what a deletion would destroy, and takes the baseline: both in a few seconds, then killing goes on.

    In this order, or the look itself would be the last use that is kept.
    """
    seconds = job.incident.timings.snapshot / 2
    provider, old = job.provider(seconds), read_old(job)
    kept, missing = _snapshot(job, provider, old)
    kept = _before_any_look(job, kept)
    probe = probe_record("old", provider.probe(old))
    return e.SnapshotTaken(job.claim.number, job.secret.name, record(kept), missing, probe)


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


def last_use(job: Job) -> e.LastUseRead:
    """When the provider says that the old key was last used. Whatever it answers, the kill does not wait for it."""
    number, name = job.claim.number, job.secret.name
    try:
        provider = job.provider(job.incident.timings.snapshot / 2)
        kept = _read_snapshot(job, provider, read_old(job))
    except OutsideError as error:
        return e.LastUseRead(number, name, None, str(error))
    return e.LastUseRead(number, name, kept.last_used_at)


def revoke(job: Job) -> e.AccessRevoked | e.RevocationNeedsOwner:
    """Revokes exactly the captured key. That the provider says so proves nothing yet."""
    secret, provider = job.secret, job.provider()
    if secret.old.key_id == NONE_OF_THESE.id:
        cause = "none of the listed keys is it, a person has said: end it in the console, if it is alive at all"
        raise Refused(secret.entry.provider, "revoke the old value", cause)
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
