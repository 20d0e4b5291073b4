"""Operations on the leaked value: capture, snapshot, revoke, prove."""

from __future__ import annotations

from bot.errors import OutsideError, Refused
from bot.incident import events as e
from bot.incident.model import KeyRef, Probe, TargetKind
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
from bot.secret import Credential, Secret
from bot.vault.contract import Version


def capture(job: Job) -> e.OldCaptured:
    """Pins the leaked value: at which versions it stands, since when, and which key at the provider it is."""
    secret, vault = job.secret, job.tools.vault
    entry, target = secret.entry, secret.target
    main = entry.main
    if target.staged is not None:
        value, versions, current, since = vault.read(target.staged).value, _others(job, None), False, None
    else:
        stored = vault.read(main.parameter, target.version)
        value = stored.value
        current = target.version is None or vault.read(main.parameter).value.secret_part == value.secret_part
        history = vault.history(main.parameter)
        since = next((version.written_at for version in history if version.number == stored.version), None)
        versions = {main.parameter: stored.version, **_others(job, _following(history, stored.version))}
    _check_target(job, value)
    parts = {main.name: value}
    for part in entry.parts:
        if part is not main:
            parts[part.name] = vault.read(part.parameter, versions.get(part.parameter)).value
    credential = Credential(parts, main.name)
    return e.OldCaptured(
        claim=job.claim.number,
        secret=secret.name,
        fingerprint=credential.fingerprint,
        versions=versions,
        staged=target.staged,
        current=current,
        candidates=_candidates(job.provider(), credential),
        exposed_since=since,
    )


def _following(history: list[Version], number: int) -> Version | None:
    """The version that replaced `number`; None for the newest."""
    return next((version for version in history if version.number > number), None)


def _others(job: Job, until: Version | None) -> dict[str, int]:
    """Versions of the other parts as they were while the main part had its value; the newest if `until` is None."""
    versions = {}
    for part in job.secret.entry.parts:
        if part.secret:
            continue
        history = job.tools.vault.history(part.parameter)
        then = [v for v in history if until is None or v.written_at < until.written_at] or history[:1]
        versions[part.parameter] = then[-1].number
    return versions


def _check_target(job: Job, value: Secret) -> None:
    target = job.secret.target
    if target.kind is TargetKind.CONFIRMED and target.fingerprint and value.fingerprint != target.fingerprint:
        raise Refused(
            job.secret.entry.provider,
            "capture the leaked value",
            f"the parameter no longer holds the value {target.fingerprint} that was identified: identify it again",
        )


def _candidates(provider: Provider, credential: Credential) -> tuple[KeyRef, ...]:
    if not isinstance(provider, Identifies):
        return ()
    return tuple(_ref(key) for key in provider.identify(credential))


def _ref(key: KeyId) -> KeyRef:
    return KeyRef(key.id, key.name, key.hint, key.created_at, key.last_used_at)


def snapshot(job: Job) -> e.SnapshotTaken:
    """Keeps what a deletion would destroy, and takes the baseline: both in a few seconds, then killing goes on."""
    seconds = job.incident.timings.snapshot / 2
    provider, old = job.provider(seconds), read_old(job)
    probe = probe_record("old", provider.probe(old))
    kept, missing = Snapshot(), ""
    try:
        if isinstance(provider, Snapshots) and job.secret.entry.abilities.snapshots:
            kept = provider.snapshot(old, job.secret.old.key_id)
        elif isinstance(provider, Compares):
            kept = Snapshot(account=provider.account(old) or "")
    except OutsideError as error:
        missing = str(error)
    return e.SnapshotTaken(job.claim.number, job.secret.name, record(kept), missing, probe)


def revoke(job: Job) -> e.AccessRevoked:
    """Revokes exactly the captured key. That the provider says so proves nothing yet."""
    secret, provider = job.secret, job.provider()
    old = read_old(job)
    replacement = read_new(job) if secret.new.staged else None
    job.still_mine()
    if isinstance(provider, Revokes):
        provider.revoke(Held(old, secret.old.key_id, replacement))
        detail = f"at {provider.card.title}, by the bot"
    elif isinstance(provider, RevokesItself):
        provider.revoke_itself(old)
        detail = f"at {provider.card.title}, by the value itself"
    else:
        raise Refused(secret.entry.provider, "revoke the old value", "only a person can, in its console")
    return e.AccessRevoked(job.claim.number, secret.name, detail)


def prove(job: Job) -> e.OldProbed:
    """One look at the old value; a refusal only counts with a control accepted through the same path after it."""
    provider, secret = job.provider(), job.secret
    probe = probe_record("old", provider.probe(read_old(job)))
    if probe.liveness != Liveness.DEAD:
        return e.OldProbed(job.claim.number, secret.name, probe)
    new = _new_value_probe(job, provider)
    control = _control(provider, new)
    bystanders = () if new is None else (Probe("the new value", new.liveness, new.detail),)
    return e.OldProbed(job.claim.number, secret.name, probe, control, bystanders)


def _new_value_probe(job: Job, provider: Provider) -> Probe | None:
    """The new value, once it has been seen alive: the best control, and a bystander whose death stops everything."""
    if job.secret.new.verified_at is None:
        return None
    return probe_record("control: the new value", provider.probe(read_new(job)))


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
        job.tools.vault.unstage(staged)
    return e.Unstaged(job.claim.number, job.secret.name, old=True)
