"""End orphan: ends a key whose value is lost, or a value that is not wanted."""

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
    UninstallsBeside,
)
from bot.rotation.job import Job, read_new, read_old
from bot.rotation.staged import all_staged, origins, put_in_place, read_named, staged_path
from bot.secrets.secret import Credential, Secret


def end_orphan(job: Job) -> e.OrphanEnded:
    """Revokes an orphan. Its value is lost; its id is enough. Refused: it is in use, by the log or by the parameter."""
    orphan, secret, provider = job.claim.detail, job.secret, job.provider()
    if orphan == secret.new.key_id or orphan == secret.old.key_id != "" or orphan == secret.new.name:
        raise Refused(secret.entry.provider, f"end orphan {orphan}", "it is not one: the log records it as in use")
    if orphan in _standing(job, provider) or put_in_place(job, provider, [KeyRef(orphan)]):
        cause = f"its value stands in {secret.entry.main.parameter}: put another one there, then press retry"
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
    """The unrecorded keys of which the parameter holds what is staged under their names; where the provider lists them,
    by their ids.
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
    """Only this deletes the staged value of an orphan, and last: where none stands, an earlier try came so far."""
    try:
        unwanted = read_named(job, name)
    except Missing:
        pass
    else:
        _uninstall(job, provider, unwanted)
    for part in job.secret.entry.parts:
        job.tools.vault.unstage(f"{staged_path(job, name)}/{part.name}")


def _uninstall(job: Job, provider: Installs, unwanted: Credential) -> None:
    if isinstance(provider, UninstallsBeside):
        new = read_new(job) if job.secret.new.staged else None
        provider.uninstall_beside(unwanted, read_old(job), new)
    else:
        provider.uninstall(unwanted)


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
        raise Unexpected(secret.entry.provider, verb, f"whether it is dead is unclear ({answer.detail})")
    job.still_mine()
    provider.delete(Held(old, secret.old.key_id))
    return e.OldDeleted(job.claim.number, secret.name, f"at {provider.card.title}, by the bot")
