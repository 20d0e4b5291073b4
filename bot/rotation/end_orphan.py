"""End orphan: ends a key whose value is lost, or a value that is not wanted."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import Missing, Refused
from bot.incident import events as e
from bot.providers.contract import Held, Installs, Issues, Renews, Revokes, RevokesItself, UninstallsBeside
from bot.rotation.job import Job, read_new, read_old
from bot.rotation.staged import read_named, staged_path
from bot.secret import Credential, Secret


def end_orphan(job: Job) -> e.OrphanEnded:
    """Revokes an orphan. Its value is lost; its id is enough."""
    orphan, secret, provider = job.claim.detail, job.secret, job.provider()
    if orphan == secret.new.key_id or orphan == secret.old.key_id != "" or orphan == secret.new.name:
        raise Refused(secret.entry.provider, f"end orphan {orphan}", "it is not one: the log records it as in use")
    job.still_mine()
    if isinstance(provider, Issues) and isinstance(provider, Revokes):
        provider.revoke(Held(Credential({"key": Secret("")}, "key"), orphan))
    elif isinstance(provider, Installs):
        _end_staged(job, orphan, lambda unwanted: _uninstall(job, provider, unwanted))
    elif isinstance(provider, Renews) and isinstance(provider, RevokesItself):
        _end_staged(job, orphan, provider.revoke_itself)
    else:
        raise Refused(secret.entry.provider, f"end orphan {orphan}", "only a person can, in its console")
    return e.OrphanEnded(job.claim.number, secret.name, orphan)


def _end_staged(job: Job, name: str, end: Callable[[Credential], None]) -> None:
    """Only this deletes the staged value of an orphan, and last: where none stands, an earlier try came so far."""
    try:
        unwanted = read_named(job, name)
    except Missing:
        pass
    else:
        end(unwanted)
    for part in job.secret.entry.parts:
        job.tools.vault.unstage(f"{staged_path(job, name)}/{part.name}")


def _uninstall(job: Job, provider: Installs, unwanted: Credential) -> None:
    if isinstance(provider, UninstallsBeside):
        new = read_new(job) if job.secret.new.staged else None
        provider.uninstall_beside(unwanted, read_old(job), new)
    else:
        provider.uninstall(unwanted)
