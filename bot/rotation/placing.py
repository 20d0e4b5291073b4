"""Operations that put a staged value into use: verify, promote, refresh, verify-live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.consumers.contract import Health, Refreshed
from bot.errors import Missing, OutsideError, Refused, Unexpected
from bot.incident import events as e
from bot.incident.model import Consumer, Part
from bot.incident.new_value.schedule import wanted_versions
from bot.incident.operations import Op
from bot.providers.contract import Answer, Compares, Identifies, Liveness, Provider
from bot.rotation.job import Job, read_new, read_old
from bot.secret import Credential, Secret
from bot.vault.contract import Stored, Vault

TOLD_AT_LEAST = timedelta(minutes=15)
"""So often the account of a value that waits for a second person is asked for again."""
HEALTH_TRIES = 3
"""A consumer that is not well after so many looks is reported, not waited for."""


def verify(job: Job) -> e.ValueVerified | e.ValueRejected | e.OperationYielded:
    """The staged value must be another than the old one, accepted, and of the same account."""
    secret, provider = job.secret, job.provider()
    new = read_new(job)
    if new.fingerprint == secret.old.fingerprint:
        return _rejected(job, "it is the same value as the leaked one")
    answer = provider.probe(new)
    if answer.liveness is Liveness.DEAD and secret.new.source == "person":
        return _rejected(job, f"{secret.entry.provider} does not accept it ({answer.detail}): copy it again")
    _demand_live(job, answer, "verify the new value")
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
        if consumer.health is not None and _refuses(_asked(job, consumer.health))
    )


def _untold_still(job: Job, since: datetime) -> e.OperationYielded:
    """Nothing is new: a second person is waited for, and the account is asked for again, less and less often."""
    now = job.tools.clock()
    return e.OperationYielded(job.claim.number, Op.VERIFY, now + min(now - since, TOLD_AT_LEAST))


def _rejected(job: Job, reason: str) -> e.ValueRejected:
    return e.ValueRejected(job.claim.number, job.secret.name, reason)


def _demand_live(job: Job, answer: Answer, verb: str) -> None:
    if answer.liveness is not Liveness.LIVE:
        raise Unexpected(job.secret.entry.provider, verb, f"not accepted yet ({answer.detail})")


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


def promote(job: Job) -> e.ValuePromoted:
    """Writes each part where it is not there already, moves the labels, and reads everything back."""
    secret = job.secret
    new = read_new(job)
    versions = {}
    for part in secret.entry.parts:
        demand = partial(_demand_old, job, part)
        versions[part.parameter] = put_part(job, part, new.parts[part.name], demand)
    return e.ValuePromoted(job.claim.number, secret.name, versions)


def put_part(job: Job, part: Part, wanted: Secret, demand: Callable[[Secret], None]) -> int:
    """The version of the part's parameter that now holds `wanted`, with the labels moved. `demand` raises for a value
    that must not be written over.
    """
    vault = job.tools.vault
    before = vault.read(part.parameter)
    job.still_mine()
    if before.value == wanted:
        version, previous = before.version, _version_before(vault, part, before)
    else:
        demand(before.value)
        version, previous = vault.put(part.parameter, wanted, expected=before.version), before.version
    if previous is not None:
        vault.label(part.parameter, previous, "previous")
    vault.label(part.parameter, version, "current")
    if vault.read(part.parameter).value != wanted:
        raise Unexpected("ssm", f"write {part.parameter}", "it reads back another value than was written")
    return version


def _demand_old(job: Job, part: Part, value: Secret) -> None:
    """Refuses to write over what somebody else put there in the meantime."""
    old = job.secret.old
    if part.secret and old.current and value.fingerprint != old.fingerprint:
        cause = "it holds neither the old nor the new value: somebody else has changed it. If that value is to stay"
        cause = f"{cause}, hand it over with `bot submit`; else put the old one back and press retry"
        raise Refused("ssm", f"promote to {part.parameter}", cause)


def _version_before(vault: Vault, part: Part, current: Stored) -> int | None:
    """The newest version with another value than the current one: an earlier try may have written without labels."""
    same = {number for _, number in vault.find(current.value, [part.parameter])}
    return max((each.number for each in vault.history(part.parameter) if each.number not in same), default=None)


def refresh(job: Job) -> e.FunctionRefreshed:
    """Has one function read the promoted versions. What cannot be refreshed is shown and holds nothing up."""
    function, incident = job.claim.subject, job.incident
    wanted = wanted_versions(incident, function)
    consumers = [c for s in incident.secrets.values() for c in s.entry.consumers if c.function == function]
    words: list[str] = []
    versions, complete = dict(wanted), True
    for alias in dict.fromkeys(consumer.alias for consumer in consumers):
        job.still_mine()
        try:
            done = job.tools.consumers.refresh(function, alias, wanted)
        except Missing:
            done = Refreshed({}, complete=False, detail="there is no function of this name, or no such alias")
        complete = complete and done.complete
        words += [done.detail] if done.detail else []
        for parameter, version in done.versions.items():
            versions[parameter] = max(version, versions.get(parameter, 0))
    return e.FunctionRefreshed(job.claim.number, function, versions, complete, "; ".join(words))


def verify_live(job: Job) -> e.ValueLive | e.ConsumersFailing:
    """Reads what consumers read, probes it, and asks their health URLs."""
    secret, vault = job.secret, job.tools.vault
    new = read_new(job)
    for part in secret.entry.parts:
        if vault.read(part.parameter).value != new.parts[part.name]:
            raise Unexpected("ssm", f"verify {part.parameter}", "it no longer holds the new value")
    answer = job.provider().probe(new)
    _demand_live(job, answer, "verify the new value live")
    seen = _health(job)
    detail = "; ".join([answer.detail, *seen.words])
    if seen.failing:
        return e.ConsumersFailing(job.claim.number, secret.name, seen.failing, detail)
    return e.ValueLive(job.claim.number, secret.name, seen.confirmed, detail)


def confirm(job: Job) -> e.ConsumersAsked | e.ConsumersFailing:
    """Asks the consumers once more: one may have been unwell over another secret that it reads, or have become so."""
    seen = _health(job)
    detail = "; ".join(seen.words)
    if seen.failing:
        return e.ConsumersFailing(job.claim.number, job.secret.name, seen.failing, detail)
    return e.ConsumersAsked(job.claim.number, job.secret.name, seen.confirmed, detail)


@dataclass(frozen=True)
class _Seen:
    """How the consumers are: `confirmed` if every one is refreshed and says that it is well, `failing` those that are
    refreshed and say that they are not, `words` what was found of each.
    """

    confirmed: bool
    failing: tuple[str, ...]
    words: tuple[str, ...]


def _health(job: Job) -> _Seen:
    looks = [(consumer.function, *_look(job, consumer)) for consumer in job.secret.entry.consumers]
    failing = tuple(dict.fromkeys(function for function, well, _ in looks if well is False))
    insist = job.claim.op is Op.VERIFY_LIVE and _tries(job) < HEALTH_TRIES - 1
    if failing and insist:
        detail = next(words for function, well, words in looks if well is False)
        raise Unexpected(failing[0], "ask its health URL", detail.removeprefix(f"{failing[0]}: health "))
    confirmed = bool(looks) and all(well is True for _, well, _ in looks)
    return _Seen(confirmed, failing, tuple(words for _, _, words in looks) or ("no consumer is catalogued",))


def _tries(job: Job) -> int:
    failure = job.incident.lane(job.claim.lane).failure
    return 0 if failure is None else failure.count


def _look(job: Job, consumer: Consumer) -> tuple[bool | None, str]:
    """Whether the consumer is well, None where that cannot be asked; and what was found, in words."""
    state = job.incident.functions.get(consumer.function)
    if state is None or not state.complete:
        return None, f"{consumer.function}: {state.detail if state else 'not refreshed'}"
    if consumer.health is None:
        return None, f"{consumer.function}: refreshed, unconfirmed (no health URL)"
    health = _asked(job, consumer.health)
    before = ", as before the new value" if consumer.function in job.secret.new.unwell_before and not health.ok else ""
    words = f"{consumer.function}: health {health.detail}{before}"
    return (False if _refuses(health) else health.ok or None), words


def _refuses(health: Health) -> bool:
    return health.asked and not health.ok


def _asked(job: Job, url: str) -> Health:
    """A URL that may not be asked at all is a consumer that nobody has confirmed, not a reason to stop."""
    try:
        return job.tools.consumers.health(url)
    except OutsideError as error:
        return Health(ok=False, detail=error.cause, asked=False)
