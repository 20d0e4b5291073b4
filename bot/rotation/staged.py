"""What stands in staging and at the provider by the names of one secret in one incident."""

from __future__ import annotations

from bot.incident import events as e
from bot.model.keys import KeyRef, key_prefix
from bot.providers.contract import Issues
from bot.rotation.job import Job, is_made, read_staged, staged_names, staging_of
from bot.secret import Credential


def unrecorded(job: Job, provider: Issues) -> list[KeyRef]:
    """Keys of this incident and secret at the provider that the log neither uses nor has as orphans."""
    incident, secret, new = job.incident.id, job.secret.name, job.secret.new
    listed = provider.issued(key_prefix(incident, secret))
    ours = [key for key in listed if is_made(incident, secret, key.name)]
    return [key for key in ours if key.id != new.key_id and key.id not in new.orphans]


def made_names(job: Job) -> list[str]:
    """Staged values that the bot made and that are no orphans. What a person brought is not among them."""
    incident, secret = job.incident.id, job.secret
    names = staged_names(job.tools.vault, incident, secret.entry)
    return [name for name in names if is_made(incident, secret.name, name) and name not in secret.new.orphans]


def staged_path(job: Job, name: str) -> str:
    return f"{staging_of(job.incident.id, job.secret.name)}/new/{name}"


def read_named(job: Job, name: str) -> Credential:
    return read_staged(job.tools.vault, job.secret.entry, staged_path(job, name))


def value_staged(job: Job, name: str, key_id: str, source: str, credential: Credential) -> e.ValueStaged:
    by = job.secret.new.submitted_by if source == "person" else ""
    return e.ValueStaged(
        job.claim.number, job.secret.name, name, key_id, credential.fingerprint, staged_path(job, name), source, by
    )
