"""Operations that bring a new value into staging: read-scopes, issue, install, receive, sweep, end-orphan, unstage."""

from __future__ import annotations

from bot.errors import Missing, OutsideError, Refused
from bot.incident import events as e
from bot.incident.model import key_name, key_prefix
from bot.keyshapes import recognise
from bot.providers.contract import Held, Installs, Issues, KeyId, Revokes, Snapshots
from bot.rotation.job import (
    Job,
    conform,
    is_made,
    read_old,
    read_staged,
    record,
    snapshot_of,
    stage,
    staged_names,
    staging_of,
    submitted_name,
)
from bot.secret import Credential, Secret

STAGE_TRIES = 3
"""A value that only the provider's answer held is worth a few tries at once, before it is given up as an orphan."""

LONGEST_VALUE = 4096
"""Bytes: what a standard parameter takes."""


def read_scopes(job: Job) -> e.ScopesRead:
    """The scopes that the snapshot could not read. Refused if they cannot be known: then a person chooses."""
    provider = job.provider()
    if not isinstance(provider, Snapshots):
        raise Refused(job.secret.entry.provider, "read scopes", "the provider does not show them: choose them")
    kept = provider.snapshot(read_old(job), job.secret.old.key_id)
    if kept.scopes is None:
        raise Refused(job.secret.entry.provider, "read scopes", "they are unknown: choose them, none means all rights")
    return e.ScopesRead(job.claim.number, job.secret.name, record(kept))


def issue(job: Job) -> e.ValueStaged | e.OrphansFound:
    """Has the provider make a key and stages its value, unless an earlier try already did.

    A key of an earlier try whose value was staged is adopted; one whose value was lost is an orphan: reported here, so
    that the log dooms it before anything ends it.
    """
    secret, provider = job.secret, _issuing(job)
    unrecorded = _unrecorded(job, provider)
    staged = staged_names(job.tools.vault, job.incident.id, secret.entry)
    for key in unrecorded:
        if key.name in staged:
            return _staged(job, key.name, key.id, "issue", _read_named(job, key.name))
    if unrecorded:
        return e.OrphansFound(job.claim.number, secret.name, tuple(key.id for key in unrecorded))
    name = key_name(job.incident.id, secret.name, job.claim.attempt)
    job.still_mine()
    if secret.new.doomed:
        _try_staging(job, name)
        job.still_mine()
    made = provider.issue(name, snapshot_of(secret.old.snapshot))
    credential = conform(secret.entry, made.credential)
    if not _stage_hard(job, name, credential):
        return e.OrphansFound(job.claim.number, secret.name, (made.key_id,))
    return _staged(job, name, made.key_id, "issue", credential)


def _try_staging(job: Job, name: str) -> None:
    """Once a key was lost, staging shows that it works before another is made: its error is then seen, and no key."""
    trial = f"{staging_of(job.incident.id, job.secret.name)}/trial/{name}"
    job.tools.vault.stage(trial, Secret("trial"))
    job.tools.vault.unstage(trial)


def _stage_hard(job: Job, name: str, credential: Credential) -> bool:
    """Whether the value could be staged, after a few tries."""
    for _ in range(STAGE_TRIES):
        try:
            stage(job.tools.vault, job.secret.entry, _path(job, name), credential)
        except OutsideError as error:
            if not error.retryable:
                return False
        else:
            return True
    return False


def install(job: Job) -> e.ValueStaged:
    """Makes a value, stages it, then installs it. A staged value of an earlier try is installed again: harmless."""
    secret, provider = job.secret, job.provider()
    if not isinstance(provider, Installs):
        raise Refused(secret.entry.provider, "install a new value", "the provider takes none")
    old = read_old(job)
    usable = _made_names(job)
    job.still_mine()
    if usable:
        name, credential = usable[0], _read_named(job, usable[0])
    else:
        name = key_name(job.incident.id, secret.name, job.claim.attempt)
        credential = provider.generate(old)
        stage(job.tools.vault, secret.entry, _path(job, name), credential)
        job.still_mine()
    provider.install(credential, old)
    return _staged(job, name, secret.old.key_id, "install", credential)


def receive(job: Job) -> e.ValueStaged | e.ValueRejected:
    """Takes a value that a person put into the inbox, stages it if it can be one, and empties the inbox."""
    secret, vault = job.secret, job.tools.vault
    try:
        parts = {part.name: vault.read(f"{secret.new.inbox}/{part.name}").value for part in secret.entry.parts}
    except Missing:
        return _received_before(job)
    name = submitted_name(job.incident.id, secret.name, job.claim.attempt)
    credential = Credential(parts, secret.entry.main.name)
    reason = _unusable(job, credential)
    job.still_mine()
    if not reason:
        stage(vault, secret.entry, _path(job, name), credential)
    _empty_inbox(job)
    if reason:
        return e.ValueRejected(job.claim.number, secret.name, reason)
    return _staged(job, name, "", "person", credential)


def _received_before(job: Job) -> e.ValueStaged | e.ValueRejected:
    """An earlier try may have emptied the inbox, and its outcome was lost: the value it staged is the one."""
    secret = job.secret
    for attempt in range(job.claim.attempt - 1, 0, -1):
        name = submitted_name(job.incident.id, secret.name, attempt)
        if name == secret.new.name:
            break
        try:
            credential = _read_named(job, name)
        except Missing:
            continue
        job.still_mine()
        _empty_inbox(job)
        return _staged(job, name, "", "person", credential)
    return e.ValueRejected(job.claim.number, secret.name, "the inbox is empty: run `bot submit` again")


def _empty_inbox(job: Job) -> None:
    for part in job.secret.entry.parts:
        job.tools.vault.unstage(f"{job.secret.new.inbox}/{part.name}")


def _unusable(job: Job, credential: Credential) -> str:
    """Why a submitted value cannot be the new one; empty if it may be."""
    entry = job.secret.entry
    for part, value in credential.parts.items():
        if reason := malformed(value):
            return f"{part}: {reason}"
    if credential.fingerprint == job.secret.old.fingerprint:
        return "it is the leaked value itself: make a new one"
    text = credential.key.reveal()
    whole = [found.shape for found in recognise(text) if found.shape.provider and found.end - found.start == len(text)]
    if whole and entry.provider not in {shape.provider for shape in whole}:
        return f"it looks like a {whole[0].name}, not like a value of {entry.provider}"
    return ""


def malformed(value: Secret) -> str:
    """What is wrong with a value's form; empty if nothing."""
    text = value.reveal()
    if not text.strip():
        return "it is empty"
    if text != text.strip() or any(ord(character) < 32 or ord(character) == 127 for character in text):
        return "it holds blanks at an end, a line break or a control character: copy it again"
    if len(text.encode()) > LONGEST_VALUE:
        return f"it is longer than the {LONGEST_VALUE} bytes that a parameter takes"
    return ""


def sweep(job: Job) -> e.Swept | e.OrphansFound:
    """Looks for what nothing recorded, after everything that could still act has had its time."""
    secret, provider = job.secret, job.provider()
    if isinstance(provider, Issues):
        keys = [key.id for key in _unrecorded(job, provider)]
    else:
        keys = [name for name in _made_names(job) if name != secret.new.name]
    if keys:
        return e.OrphansFound(job.claim.number, secret.name, tuple(keys))
    return e.Swept(job.claim.number, secret.name)


def end_orphan(job: Job) -> e.OrphanEnded:
    """Revokes a doomed key. Its value is lost; its id is enough."""
    orphan, secret, provider = job.claim.detail, job.secret, job.provider()
    if orphan == secret.new.key_id or orphan == secret.old.key_id != "" or orphan == secret.new.name:
        raise Refused(secret.entry.provider, f"end orphan {orphan}", "it is not one: the log records it as in use")
    job.still_mine()
    if isinstance(provider, Issues) and isinstance(provider, Revokes):
        provider.revoke(Held(Credential({"key": Secret("")}, "key"), orphan))
    elif isinstance(provider, Installs):
        _uninstall(job, provider, orphan)
    else:
        raise Refused(secret.entry.provider, f"end orphan {orphan}", "only a person can, in its console")
    return e.OrphanEnded(job.claim.number, secret.name, orphan)


def _uninstall(job: Job, provider: Installs, name: str) -> None:
    """Only this deletes the staged value of a doomed name, and last: where none stands, an earlier try came so far."""
    try:
        unwanted = _read_named(job, name)
    except Missing:
        pass
    else:
        provider.uninstall(unwanted)
    for part in job.secret.entry.parts:
        job.tools.vault.unstage(f"{_path(job, name)}/{part.name}")


def unstage(job: Job) -> e.Unstaged:
    """Deletes all staged new values of the secret: the live parameters hold the one that counts."""
    vault = job.tools.vault
    job.still_mine()
    for name in vault.staged(f"{staging_of(job.incident.id, job.secret.name)}/new"):
        vault.unstage(name)
    return e.Unstaged(job.claim.number, job.secret.name, old=False)


# --- shared by the above --------------------------------------------------------------------------------------------


def _issuing(job: Job) -> Issues:
    provider = job.provider()
    if not isinstance(provider, Issues):
        raise Refused(job.secret.entry.provider, "issue a new key", "the provider makes none by API")
    return provider


def _unrecorded(job: Job, provider: Issues) -> list[KeyId]:
    """Keys of this incident and secret at the provider that the log neither uses nor has doomed."""
    incident, secret, new = job.incident.id, job.secret.name, job.secret.new
    listed = provider.issued(key_prefix(incident, secret))
    ours = [key for key in listed if is_made(incident, secret, key.name)]
    return [key for key in ours if key.id != new.key_id and key.id not in new.doomed]


def _made_names(job: Job) -> list[str]:
    """Staged values that the bot made and has not doomed. What a person brought is not among them."""
    incident, secret = job.incident.id, job.secret
    names = staged_names(job.tools.vault, incident, secret.entry)
    return [name for name in names if is_made(incident, secret.name, name) and name not in secret.new.doomed]


def _path(job: Job, name: str) -> str:
    return f"{staging_of(job.incident.id, job.secret.name)}/new/{name}"


def _read_named(job: Job, name: str) -> Credential:
    return read_staged(job.tools.vault, job.secret.entry, _path(job, name))


def _staged(job: Job, name: str, key_id: str, source: str, credential: Credential) -> e.ValueStaged:
    by = job.secret.new.submitted_by if source == "person" else ""
    return e.ValueStaged(
        job.claim.number, job.secret.name, name, key_id, credential.fingerprint, _path(job, name), source, by
    )
