"""Delete old: deletes what a revocation only switched off."""

from __future__ import annotations

from bot.errors import Refused, Unexpected
from bot.incident import events as e
from bot.model.probes import Liveness
from bot.providers.contract import Deletes, Held
from bot.rotation.job import Job, read_old


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
