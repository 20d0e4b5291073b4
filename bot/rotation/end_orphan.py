"""End orphan: revokes a key whose value is lost, or a value that is not wanted."""

from __future__ import annotations

from bot.errors import Missing, Refused, Unexpected
from bot.incident import events as e
from bot.model.keys import KeyRef, key_prefix
from bot.model.probes import Liveness
from bot.providers.contract import (
    Deletes,
    Held,
    Installs,
    Issues,
    Provider,
    Revokes,
)
from bot.rotation.job import Job, read_old
from bot.rotation.staged import all_staged, origins, put_in_place, read_named, staged_path
from bot.secrets.secret import Credential, Secret


def end_orphan(job: Job) -> e.OrphanEnded:
    """Revokes an orphan. Its value is lost; its id is enough. Refused: it is in use, by the log or by the parameter."""
    orphan, secret, provider = job.claim.detail, job.secret, job.provider()
    if orphan == secret.new.key_id or orphan == secret.old.key_id != "" or orphan == secret.new.name:
        raise Refused(secret.entry.provider, f"end orphan {orphan}", "it is not one: the log records it as in use")
    if orphan in _standing(job, provider) or put_in_place(job, provider, [KeyRef(orphan)]):
        cause = f"its value is in {secret.entry.main.parameter}: put another one there, then press retry"
        raise Refused(secret.entry.provider, f"end orphan {orphan}", cause)
    job.still_mine()
    if isinstance(provider, Issues) and isinstance(provider, Revokes):
        provider.revoke(Held(Credential({"key": Secret("")}, "key"), orphan))
    elif isinstance(provider, Installs):
        _end_staged(job, provider, orphan)
    else:
        raise Refused(secret.entry.provider, f"end orphan {orphan}", "only a person can, in its console")
    return e.OrphanEnded(job.claim.number, secret.name, orphan)


def _standing(job: Job, provider: Provider) -> set[str]:
    """The unrecorded keys whose value, staged under their names, is in the parameter; by their ids if the provider
    lists them.
    """
    vault, main = job.tools.vault, job.secret.entry.main
    unrecorded = all_staged(job) - {job.secret.new.name}
    try:
        live = vault.read(main.parameter).value if unrecorded else None
    except Missing:
        return set()
    names = {name for name in unrecorded if vault.read(f"{staged_path(job, name)}/{main.name}").value == live}
    if not names or not isinstance(provider, Issues):
        return names
    listed = (key for origin in origins(job) for key in provider.issued(key_prefix(origin, job.secret.name)))
    return {key.id for key in listed if key.name in names}


def _end_staged(job: Job, provider: Installs, name: str) -> None:
    """Only this function deletes the staged value of an orphan, as its last act: if there is none, an earlier try came
    this far.
    """
    try:
        unwanted = read_named(job, name)
    except Missing:
        pass
    else:
        provider.uninstall(unwanted)
    for part in job.secret.entry.parts:
        job.tools.vault.unstage(f"{staged_path(job, name)}/{part.name}")


# Delete old: deletes what a revocation only switched off.


def delete_old(job: Job) -> e.OldDeleted:
    """Deletes exactly the captured key, if it is refused still: what answers again is a matter for people."""
    secret, provider, old = job.secret, job.provider(), read_old(job)
    verb = f"delete key {secret.old.key_id}".strip()
    if not isinstance(provider, Deletes):
        raise Refused(secret.entry.provider, verb, "only a person can, in its console")
    answer = provider.probe(old)
    if answer.liveness == Liveness.LIVE:
        raise Refused(secret.entry.provider, verb, "it is accepted again")
    if answer.liveness != Liveness.DEAD:
        raise Unexpected(secret.entry.provider, verb, f"unknown whether it is dead ({answer.detail})")
    job.still_mine()
    provider.delete(Held(old, secret.old.key_id))
    return e.OldDeleted(job.claim.number, secret.name, f"at {provider.card.title}, by the bot")
