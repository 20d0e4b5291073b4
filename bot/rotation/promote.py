"""Promote: puts the staged new value in the old one's place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bot.errors import Refused, Unexpected
from bot.incident import events as e
from bot.model.secrets import Part
from bot.rotation.job import Job, read_new
from bot.secret import Secret
from bot.vault.contract import Stored, Vault


def promote(job: Job) -> e.ValuePromoted:
    """Writes each part where it is not there already, moves the labels, and reads everything back."""
    secret = job.secret
    new = read_new(job)
    versions = {}
    for part in secret.entry.parts:
        demand = partial(_demand_old, job, part)
        versions[part.parameter] = put_part(job, part, new.parts[part.name], demand)
    return e.ValuePromoted(job.claim.number, secret.name, versions)


def put_part(job: Job, part: Part, wanted: Secret, demand: Callable[[Secret], None]) -> int:
    """The version of the part's parameter that now holds `wanted`, with the labels moved. `demand` raises for a value
    that must not be written over.
    """
    vault = job.tools.vault
    before = vault.read(part.parameter)
    job.still_mine()
    if before.value == wanted:
        version, previous = before.version, _version_before(vault, part, before)
    else:
        demand(before.value)
        version, previous = vault.put(part.parameter, wanted, expected=before.version), before.version
    if previous is not None:
        vault.label(part.parameter, previous, "previous")
    vault.label(part.parameter, version, "current")
    if vault.read(part.parameter).value != wanted:
        raise Unexpected("ssm", f"write {part.parameter}", "it reads back another value than was written")
    return version


def _demand_old(job: Job, part: Part, value: Secret) -> None:
    """Refuses to write over what somebody else put there in the meantime."""
    old = job.secret.old
    if part.secret and old.current and value.fingerprint != old.fingerprint:
        cause = "it holds neither the old nor the new value: it was changed from outside. If that value is to stay"
        cause = f"{cause}, hand it over with `bot submit`; else put the old one back and press retry"
        raise Refused("ssm", f"promote to {part.parameter}", cause)


def _version_before(vault: Vault, part: Part, current: Stored) -> int | None:
    """The newest version with another value than the current one: an earlier try may have written without labels."""
    same = {number for _, number in vault.find(current.value, [part.parameter])}
    return max((each.number for each in vault.history(part.parameter) if each.number not in same), default=None)
