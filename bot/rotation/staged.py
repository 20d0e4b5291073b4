"""The contents of staging and of the provider under the names of one secret in one incident."""

from __future__ import annotations

from collections.abc import Iterable

from bot.incident import events as e
from bot.model.keys import KeyRef, key_prefix
from bot.model.places import staging_of
from bot.providers.contract import Identifies, Issues, MakesRoom, Provider
from bot.rotation.job import Job, is_made, read_staged, staged_names
from bot.rotation.versions import credential_at
from bot.secrets.secret import Credential


def unrecorded(job: Job, provider: Issues) -> list[KeyRef]:
    """Keys of this incident and secret at the provider that the log neither uses nor has as orphans."""
    secret, new = job.secret.name, job.secret.new
    ours = [
        key
        for origin in origins(job)
        for key in provider.issued(key_prefix(origin, secret))
        if is_made(origin, secret, key.name)
    ]
    known = {new.key_id, *new.known_keys, *job.secret.set_aside}
    return [key for key in ours if key.id not in known and key.id != job.secret.old.key_id]


def put_in_place(job: Job, provider: Provider, keys: Iterable[KeyRef]) -> tuple[KeyRef, Credential] | None:
    """The one of these keys whose value is in the parameter, with that value; None if there is none, or its provider
    cannot tell. The log may have lost the record of it.
    """
    entry, old, new = job.secret.entry, job.secret.old, job.secret.new
    if not isinstance(provider, Identifies):
        return None
    live = credential_at(job.tools.vault, entry, {})
    if live.fingerprint in {old.fingerprint, new.fingerprint}:
        return None
    ids = {key.id for key in provider.identify(live.trimmed)}
    return next(((key, live) for key in keys if key.id in ids), None)


def room_made(job: Job, provider: Provider) -> str:
    """The id of the key that was deleted to make room for one made here; empty if none was, or the log
    has it already.
    """
    if not isinstance(provider, MakesRoom):
        return ""
    gone = (provider.made_room(key_prefix(origin, job.secret.name)) for origin in origins(job))
    told = {"", job.secret.new.made_room, job.secret.old.key_id}
    return next((key_id for key_id in gone if key_id not in told), "")


def made_names(job: Job) -> list[str]:
    """Staged values that the bot made and that are no orphans. What a person brought is not among them."""
    secret = job.secret
    known = {*secret.new.known_keys, *secret.set_aside}
    return [
        name
        for origin in origins(job)
        for name in staged_names(job.tools.vault, origin, secret.entry)
        if is_made(origin, secret.name, name) and name not in known
    ]


def all_staged(job: Job) -> set[str]:
    """The names of all complete staged new keys, from any run."""
    found = (staged_names(job.tools.vault, origin, job.secret.entry) for origin in origins(job))
    return {name for names in found for name in names}


def origins(job: Job) -> tuple[str, ...]:
    """The ids in the names of its new keys: its incident, and the run that it was taken over from."""
    run = job.secret.taken_from
    return (job.incident.id, run) if run else (job.incident.id,)


def staged_path(job: Job, name: str) -> str:
    """The path in the place of the run that named it."""
    secret = job.secret.name
    named = (origin for origin in origins(job) if name.startswith(key_prefix(origin, secret)))
    return f"{staging_of(next(named, job.incident.id), secret)}/new/{name}"


def read_named(job: Job, name: str) -> Credential:
    return read_staged(job.tools.vault, job.secret.entry, staged_path(job, name))


def value_staged(
    job: Job, name: str, key_id: str, source: str, credential: Credential, made_room: str = ""
) -> e.ValueStaged:
    by = job.secret.new.submitted_by if source == "person" else ""
    staged = staged_path(job, name)
    return e.ValueStaged(
        job.claim.number, job.secret.name, name, key_id, credential.fingerprint, staged, source, by, made_room
    )
