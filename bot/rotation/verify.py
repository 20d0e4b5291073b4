"""Verify: tests the staged new value before it is put in place."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.errors import Refused
from bot.incident import events as e
from bot.incident.operations import Op
from bot.model.probes import Liveness
from bot.providers.contract import Compares, Identifies, Provider
from bot.rotation.health import ask, demand_live, refuses
from bot.rotation.job import Job, is_leaked, read_new, read_old
from bot.secret import Credential

TOLD_AT_LEAST = timedelta(minutes=15)
"""So often the account of a value that waits for a second person is asked for again."""


def verify(job: Job) -> e.ValueVerified | e.ValueRejected | e.OperationYielded:
    """The staged value must be another than the old one, accepted, and of the same account."""
    secret, provider = job.secret, job.provider()
    new = read_new(job)
    if is_leaked(job, new):
        return _rejected(job, "it is the same value as the old one")
    answer = provider.probe(new)
    if answer.liveness is Liveness.DEAD and secret.new.source == "person":
        return _rejected(job, f"{secret.entry.provider} does not accept it ({answer.detail}): copy it again")
    demand_live(job, answer, "verify the new value")
    detail, mismatch, known = _same_account(job, provider, new)
    if mismatch:
        return _rejected(job, mismatch)
    untold = known if secret.new.source == "person" else ""  # what the machine makes is of the account it asked
    if untold and secret.new.verified_at is not None:
        return _untold_still(job, secret.new.verified_at)
    detail = f"{answer.detail}; {detail}"
    return e.ValueVerified(job.claim.number, secret.name, detail, _unwell(job), untold)


def _unwell(job: Job) -> tuple[str, ...]:
    """Consumers that are not well before the new value is put in place. Once the old one is being ended they may well
    not be: that tells nothing, so it is not asked.
    """
    old = job.secret.old
    if job.secret.gone or old.revoke_began_at is not None or old.revoked_at is not None:
        return ()
    return tuple(
        consumer.function
        for consumer in job.secret.entry.consumers
        if consumer.health is not None and refuses(ask(job, consumer.health))
    )


def _untold_still(job: Job, since: datetime) -> e.OperationYielded:
    """Nothing is new: a second person is waited for, and the account is asked for again, less and less often."""
    now = job.tools.clock()
    return e.OperationYielded(job.claim.number, Op.VERIFY, now + min(now - since, TOLD_AT_LEAST))


def _rejected(job: Job, reason: str) -> e.ValueRejected:
    return e.ValueRejected(job.claim.number, job.secret.name, reason)


def _same_account(job: Job, provider: Provider, new: Credential) -> tuple[str, str, str]:
    """What the comparison came to, the reason for a rejection if the accounts differ, and the old value's account where
    that is known and the new one's is not.
    """
    if not isinstance(provider, Compares):
        return "the account cannot be compared", "", ""
    kept = job.secret.old.snapshot
    known = kept.account if kept else ""
    try:
        theirs = provider.account(new)
        ours = known or (None if job.secret.gone else provider.account(read_old(job)))
        unknown = ours and not theirs and isinstance(provider, Identifies) and not provider.identify(new)
    except Refused:
        if job.secret.entry.admin_parameter is not None:
            raise
        return "the account cannot be compared without an admin credential", "", known
    if unknown:
        return "", "the account of the old value does not hold it: a substitution", ""
    if not theirs or not ours:
        return "the account could not be compared", "", "" if theirs else ours or ""
    if theirs != ours:
        return "", "it belongs to another account, project or host than the old value: a substitution", ""
    return "same account", "", ""
