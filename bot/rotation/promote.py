"""Promote: puts the staged new key in the old one's place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bot.errors import Missing, Refused, Unexpected
from bot.incident import events as e
from bot.model.probes import Liveness
from bot.model.secrets import Part
from bot.rotation.job import Job, read_captured, read_new
from bot.secrets.secret import Credential, Secret
from bot.vault.contract import Stored, Vault, read_all


def promote(job: Job) -> e.ValuePromoted:
    """Writes each part where it is not there already, moves the labels, and reads everything back."""
    versions = put_parts(job, read_new(job), partial(_demand_old, job))
    return e.ValuePromoted(job.claim.number, job.secret.name, versions)


def put_parts(job: Job, wanted: Credential, demand: Callable[[Part, Secret], None]) -> dict[str, int]:
    """For each parameter the version that now holds its part of `wanted`, with the labels moved. `demand` raises for a
    value that must not be overwritten. It is called for every part before the first write, so that no part is changed
    alone.
    """
    parts = job.secret.entry.parts
    standing = read_all(job.tools.vault, [part.parameter for part in parts])
    for part in parts:
        if standing[part.parameter].value != wanted.parts[part.name]:
            demand(part, standing[part.parameter].value)
    return {part.parameter: _put(job, part, wanted.parts[part.name], standing[part.parameter]) for part in parts}


def _put(job: Job, part: Part, wanted: Secret, before: Stored) -> int:
    vault = job.tools.vault
    job.still_mine()
    if before.value == wanted:
        version, previous = before.version, _version_before(vault, part, before)
    else:
        version, previous = vault.put(part.parameter, wanted, expected=before.version), before.version
    if previous is not None:
        vault.label(part.parameter, previous, "previous")
    vault.label(part.parameter, version, "current")
    if vault.read(part.parameter).value != wanted:
        raise Unexpected("ssm", f"write {part.parameter}", "it reads back another value than was written")
    return version


def demand_replaceable(job: Job) -> None:
    """Refused if the parameter holds a value that must not be overwritten. Called before a value is made that replaces
    the old one at the provider. The other value may be in use, and the log may have lost its owner.
    """
    main = job.secret.entry.main
    _demand_old(job, main, job.tools.vault.read(main.parameter).value)


def _demand_old(job: Job, part: Part, value: Secret) -> None:
    """Refuses to write over what someone else put there in the meantime."""
    old = job.secret.old
    if old.current and not _is_old(job, part, value):
        cause = "it holds neither the old nor the new key: it was changed from outside. To keep that key"
        cause = f"{cause}, hand it over with `bot submit`; otherwise put the old one back and press retry"
        raise Refused("ssm", f"promote to {part.parameter}", cause)


def _is_old(job: Job, part: Part, value: Secret) -> bool:
    """Whether it is the old key, or an earlier new key that was at least partly written."""
    old, vault = job.secret.old, job.tools.vault
    if part.secret:
        return value.fingerprint in {old.fingerprint, *job.secret.new.began}
    if value == vault.read(part.parameter, old.versions.get(part.parameter)).value:
        return True
    return any(value == _staged_part(vault, f"{place}/{part.name}") for place in job.secret.new.began.values())


def _staged_part(vault: Vault, name: str) -> Secret | None:
    """The staged part; None if it is no longer there."""
    try:
        return vault.read(name).value
    except Missing:
        return None


def _version_before(vault: Vault, part: Part, current: Stored) -> int | None:
    """The newest version with another value than the current one: an earlier try may have written without labels."""
    same = {number for _, number in vault.find(current.value, [part.parameter])}
    return max((each.number for each in vault.history(part.parameter) if each.number not in same), default=None)


# Roll back: puts the leaked key, while it still works, back in the new one's place.


def roll_back(job: Job) -> e.RolledBack | e.RollBackRefused:
    """Probes the old key first, because a rejected one is useless. Then writes each missing part, so that an
    interrupted roll back is finished.
    """
    secret = job.secret
    old, new = read_captured(job), read_new(job)
    answer = job.provider().probe(old.trimmed)
    if answer.liveness is Liveness.DEAD:
        return e.RollBackRefused(job.claim.number, secret.name, answer.detail)
    if answer.liveness is not Liveness.LIVE:
        raise Unexpected(secret.entry.provider, "check the old key before it is used again", answer.detail)

    def demand(part: Part, value: Secret) -> None:
        if value != new.parts[part.name]:
            cause = "it holds neither the new nor the old key: it was changed from outside"
            raise Refused("ssm", f"roll {part.parameter} back", cause)

    return e.RolledBack(job.claim.number, secret.name, put_parts(job, old, demand))
