"""Verify: tests the staged new key before it is put in place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.consumers.contract import Health
from bot.errors import OutsideError, Refused, Unexpected
from bot.incident import events as e
from bot.incident.operations import Op
from bot.model.probes import Answer, Liveness
from bot.model.secrets import Consumer
from bot.providers.contract import Compares, Identifies, Provider
from bot.rotation.job import Job, is_leaked, read_new, read_old
from bot.secrets.secret import Credential
from bot.vault.contract import read_all

# Whether a new key is accepted, and its consumers are healthy.


HEALTH_TRIES = 3
"""The number of checks after which an unhealthy consumer is reported instead of waited for."""


def demand_live(job: Job, answer: Answer, verb: str) -> None:
    if answer.liveness is not Liveness.LIVE:
        raise Unexpected(job.secret.entry.provider, verb, f"not accepted yet ({answer.detail})")


@dataclass(frozen=True)
class ConsumersHealth:
    """The consumers' health: `confirmed` if all are refreshed and healthy, `failing` names unhealthy ones, `as_before`
    the ones that were unhealthy before the new key too; `words` has the finding for each.
    """

    confirmed: bool
    failing: tuple[str, ...]
    as_before: tuple[str, ...]
    words: tuple[str, ...]


def health_of(job: Job) -> ConsumersHealth:
    looks = [(consumer.function, *_look(job, consumer)) for consumer in job.secret.entry.consumers]
    unwell = tuple(dict.fromkeys(function for function, well, _ in looks if well is False))
    as_before = tuple(name for name in unwell if name in job.secret.new.unwell_before)
    failing = tuple(name for name in unwell if name not in as_before)
    insist = job.claim.op is Op.VERIFY_LIVE and _tries(job) < HEALTH_TRIES - 1
    if failing and insist:
        detail = next(words for function, well, words in looks if well is False and function in failing)
        raise Unexpected(failing[0], "ask its health URL", detail.removeprefix(f"{failing[0]}: health "))
    confirmed = bool(looks) and all(well is True for _, well, _ in looks)
    words = tuple(words for _, _, words in looks) or ("no consumer is catalogued",)
    return ConsumersHealth(confirmed, failing, as_before, words)


def _tries(job: Job) -> int:
    failure = job.incident.lane(job.claim.lane).failure
    return 0 if failure is None else failure.count


def _look(job: Job, consumer: Consumer) -> tuple[bool | None, str]:
    """Whether the consumer is healthy, None if unknown, because it cannot be asked or the answer may come from the old
    value; and the finding in words.
    """
    state = job.incident.functions.get(consumer.function)
    if state is None:
        return None, f"{consumer.function}: not refreshed"
    if consumer.health is None:
        unconfirmed = "refreshed, unconfirmed (no health URL)" if state.complete else state.detail
        return None, f"{consumer.function}: {unconfirmed}"
    health = ask(job, consumer.health)
    before = ", as before the new key" if consumer.function in job.secret.new.unwell_before and not health.ok else ""
    words = f"{consumer.function}: health {health.detail}{before}"
    if refuses(health):
        return False, words
    if not state.complete:
        return None, f"{words}; {state.detail}"
    return health.ok or None, words


def refuses(health: Health) -> bool:
    return health.asked and not health.ok


def ask(job: Job, url: str) -> Health:
    """A URL that may not be called leaves its consumer unconfirmed, and does not stop the check."""
    try:
        return job.tools.consumers.health(url)
    except OutsideError as error:
        return Health(ok=False, detail=error.cause, asked=False)


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
    demand_live(job, answer, "verify the new key")
    detail, mismatch, known = _same_account(job, provider, new)
    if mismatch:
        return _rejected(job, mismatch)
    untold = known if secret.new.source == "person" else ""  # what the machine makes is of the account it asked
    if untold and secret.new.verified_at is not None:
        return _untold_still(job, secret.new.verified_at)
    detail = f"{answer.detail}; {detail}"
    return e.ValueVerified(job.claim.number, secret.name, detail, _unwell(job), untold)


def _unwell(job: Job) -> tuple[str, ...]:
    """Consumers that are not well before the new key is put in place. Once the old one is being ended they may well
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
    """The result of the comparison, the reason for a rejection if the accounts differ, and the old key's account if
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
        return "", "the account of the old key does not hold it: a substitution", ""
    if not theirs or not ours:
        return "the account could not be compared", "", "" if theirs else ours or ""
    if theirs != ours:
        return "", "it belongs to another account, project or host than the old key: a substitution", ""
    return "same account", "", ""


# Verify live: tests the new key where consumers read it, and asks whether they are healthy.


def verify_live(job: Job) -> e.ValueLive | e.ConsumersFailing:
    """Reads what consumers read, probes it, and asks their health URLs."""
    secret, new = job.secret, read_new(job)
    standing = read_all(job.tools.vault, [part.parameter for part in secret.entry.parts])
    for part in secret.entry.parts:
        if standing[part.parameter].value != new.parts[part.name]:
            raise Unexpected("ssm", f"verify {part.parameter}", "it no longer holds the new key")
    answer = job.provider().probe(new)
    demand_live(job, answer, "verify the new key in use")
    seen = health_of(job)
    detail = "; ".join([answer.detail, *seen.words])
    if seen.failing:
        return e.ConsumersFailing(job.claim.number, secret.name, seen.failing, detail, as_before=seen.as_before)
    return e.ValueLive(job.claim.number, secret.name, seen.confirmed, detail, seen.as_before)


# Confirm: asks the consumers of a new key again whether they are healthy.


def confirm(job: Job) -> e.ConsumersAsked | e.ConsumersFailing:
    """Checks the consumers again: one may have been unhealthy because of another secret, or have become so."""
    seen = health_of(job)
    detail = "; ".join(seen.words)
    if seen.failing:
        return e.ConsumersFailing(job.claim.number, job.secret.name, seen.failing, detail, as_before=seen.as_before)
    return e.ConsumersAsked(job.claim.number, job.secret.name, seen.confirmed, detail, as_before=seen.as_before)
