"""Issue: has the provider make a new key, and stages its value."""

from __future__ import annotations

from bot.errors import OutsideError, Refused
from bot.incident import events as e
from bot.model.keys import Snapshot, key_name
from bot.model.places import staging_of
from bot.providers.contract import Card, Installs, Issues
from bot.rotation.job import Job, conform, read_old, stage
from bot.rotation.promote import demand_replaceable
from bot.rotation.staged import (
    all_staged,
    made_names,
    put_in_place,
    read_named,
    room_made,
    staged_path,
    unrecorded,
    value_staged,
)
from bot.secrets.secret import Credential, Secret

STAGE_TRIES = 3
"""A value that only the provider's answer held is worth a few tries at once, before it is given up as an orphan."""


def issue(job: Job) -> e.ValueStaged | e.OrphansFound:
    """Has the provider make a key and stages its value, unless an earlier try already did.

    A key of an earlier try whose value is staged, or already in place, is adopted. One whose value was lost is an
    orphan, which is recorded here before it is revoked.
    """
    secret, provider = job.secret, job.provider()
    card = provider.card
    if not isinstance(provider, Issues):
        raise Refused(secret.entry.provider, "issue a new key", "the provider makes none by API")
    unknown, room = unrecorded(job, provider), room_made(job, provider)
    staged = all_staged(job)
    for key in unknown:
        if key.name in staged:
            return value_staged(job, key.name, key.id, "issue", read_named(job, key.name), room)
    if standing := put_in_place(job, provider, unknown):
        key, live = standing
        stage(job.tools.vault, secret.entry, staged_path(job, key.name), live)
        return value_staged(job, key.name, key.id, "issue", live, room)
    if unknown:
        return e.OrphansFound(job.claim.number, secret.name, tuple(key.id for key in unknown), room)
    name, kept = key_name(job.incident.id, secret.name, job.claim.attempt), _kept(job, card)
    job.still_mine()
    if secret.new.known_keys:
        _try_staging(job)
        job.still_mine()
    made = provider.issue(name, secret.old.snapshot or Snapshot())
    room = made.made_room or room
    credential = conform(secret.entry, made.credential, kept)
    if not _stage_hard(job, name, credential):
        return e.OrphansFound(job.claim.number, secret.name, (made.key_id,), room)
    return value_staged(job, name, made.key_id, "issue", credential, room)


def _kept(job: Job, card: Card) -> dict[str, Secret]:
    """The values of the entry's parameters that its provider does not make, such as an address. They are read before
    the key is made, because a failure afterwards would lose the key.
    """
    entry, made = job.secret.entry, {job.secret.entry.main.name, *card.parts}
    return {part.name: job.tools.vault.read(part.parameter).value for part in entry.parts if part.name not in made}


def _try_staging(job: Job) -> None:
    """Shows that staging works, so that a failure comes before a key is made, and none is lost.

    The trial is among the staged new keys, so that a dying worker's trial is cleaned up with them.
    """
    trial = f"{staging_of(job.incident.id, job.secret.name)}/new/trial"
    job.tools.vault.stage(trial, Secret("trial"))
    job.tools.vault.unstage(trial)


def _stage_hard(job: Job, name: str, credential: Credential) -> bool:
    """Whether the value could be staged, after a few tries."""
    for _ in range(STAGE_TRIES):
        try:
            stage(job.tools.vault, job.secret.entry, staged_path(job, name), credential)
        except OutsideError as error:
            if not error.retryable:
                return False
        else:
            return True
    return False


# Install: makes a new key, stages it, and has the provider accept it.


def install(job: Job) -> e.ValueStaged:
    """Makes a value, stages it, then installs it. A staged value of an earlier try is installed again: harmless."""
    secret, provider = job.secret, job.provider()
    if not isinstance(provider, Installs):
        raise Refused(secret.entry.provider, "install a new key", "the provider takes none")
    old = read_old(job)
    usable = made_names(job)
    job.still_mine()
    if usable:
        name, credential = usable[0], read_named(job, usable[0])
    else:
        demand_replaceable(job)
        name = key_name(job.incident.id, secret.name, job.claim.attempt)
        credential = provider.generate(old)
        stage(job.tools.vault, secret.entry, staged_path(job, name), credential)
        job.still_mine()
    provider.install(credential, old)
    return value_staged(job, name, secret.old.key_id, "install", credential)
