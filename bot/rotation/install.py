"""Install: makes a new value, stages it, and has the provider accept it."""

from __future__ import annotations

from bot.errors import Refused
from bot.incident import events as e
from bot.model.keys import key_name
from bot.providers.contract import Installs
from bot.rotation.job import Job, read_old, stage
from bot.rotation.promote import demand_replaceable
from bot.rotation.staged import made_names, read_named, staged_path, value_staged


def install(job: Job) -> e.ValueStaged:
    """Makes a value, stages it, then installs it. A staged value of an earlier try is installed again: harmless."""
    secret, provider = job.secret, job.provider()
    if not isinstance(provider, Installs):
        raise Refused(secret.entry.provider, "install a new value", "the provider takes none")
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
