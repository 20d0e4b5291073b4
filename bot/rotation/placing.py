"""Operations that put a staged value into use: verify, promote, refresh, verify-live."""

from __future__ import annotations

from bot.errors import Missing, Refused, Unexpected
from bot.incident import events as e
from bot.incident.model import Part
from bot.incident.pending import wanted_versions
from bot.providers.contract import Answer, Compares, Liveness, Provider
from bot.rotation.job import Job, read_new, read_old
from bot.secret import Credential

HEALTH_TRIES = 3
"""A consumer that is not well after so many looks is reported, not waited for."""


def verify(job: Job) -> e.ValueVerified | e.ValueRejected:
    """The staged value must be another than the old one, accepted, and of the same account."""
    secret, provider = job.secret, job.provider()
    new = read_new(job)
    if new.fingerprint == secret.old.fingerprint:
        return _rejected(job, "it is the same value as the leaked one")
    answer = provider.probe(new)
    if answer.liveness is Liveness.DEAD and secret.new.source == "person":
        return _rejected(job, f"{secret.entry.provider} does not accept it ({answer.detail}): copy it again")
    _demand_live(job, answer, "verify the new value")
    detail, mismatch = _same_account(job, provider, new)
    if mismatch:
        return _rejected(job, mismatch)
    return e.ValueVerified(job.claim.number, secret.name, f"{answer.detail}; {detail}")


def _rejected(job: Job, reason: str) -> e.ValueRejected:
    return e.ValueRejected(job.claim.number, job.secret.name, reason)


def _demand_live(job: Job, answer: Answer, verb: str) -> None:
    if answer.liveness is not Liveness.LIVE:
        raise Unexpected(job.secret.entry.provider, verb, f"not accepted yet ({answer.detail})")


def _same_account(job: Job, provider: Provider, new: Credential) -> tuple[str, str]:
    """What the comparison came to, and the reason for a rejection if the accounts differ."""
    if not isinstance(provider, Compares):
        return "the account cannot be compared", ""
    theirs = provider.account(new)
    kept = job.secret.old.snapshot
    ours = (kept.account if kept else "") or (None if job.secret.gone else provider.account(read_old(job)))
    if not theirs or not ours:
        return "the account could not be compared", ""
    if theirs != ours:
        return "", "it belongs to another account, project or host than the old value: a substitution"
    return "same account", ""


def promote(job: Job) -> e.ValuePromoted:
    """Writes each part where it is not there already, moves the labels, and reads everything back."""
    secret = job.secret
    new = read_new(job)
    versions = {part.parameter: _promote_part(job, part, new) for part in secret.entry.parts}
    return e.ValuePromoted(job.claim.number, secret.name, versions)


def _promote_part(job: Job, part: Part, new: Credential) -> int:
    vault, wanted = job.tools.vault, new.parts[part.name]
    before = vault.read(part.parameter)
    version = before.version
    if before.value != wanted:
        old = job.secret.old
        if part.secret and old.current and before.value.fingerprint != old.fingerprint:
            raise Refused(
                "ssm",
                f"promote to {part.parameter}",
                "it holds neither the old nor the new value: somebody else has changed it. Look, then press retry",
            )
        job.still_mine()
        version = vault.put(part.parameter, wanted, expected=before.version)
        vault.label(part.parameter, before.version, "previous")
    vault.label(part.parameter, version, "current")
    if vault.read(part.parameter).value != wanted:
        raise Unexpected("ssm", f"promote to {part.parameter}", "it reads back another value than was written")
    return version


def refresh(job: Job) -> e.FunctionRefreshed:
    """Has one function read the promoted versions. One that does not exist is shown and holds nothing up."""
    function = job.claim.subject
    wanted = wanted_versions(job.incident, function)
    consumers = [c for s in job.incident.secrets.values() for c in s.entry.consumers if c.function == function]
    alias = next((consumer.alias for consumer in consumers if consumer.alias), None)
    job.still_mine()
    try:
        done = job.tools.consumers.refresh(function, alias, wanted)
    except Missing:
        return e.FunctionRefreshed(
            job.claim.number, function, wanted, complete=False, detail="there is no function of this name"
        )
    return e.FunctionRefreshed(job.claim.number, function, dict(done.versions), done.complete, done.detail)


def verify_live(job: Job) -> e.ValueLive:
    """Reads what consumers read, probes it, and asks their health URLs."""
    secret, vault = job.secret, job.tools.vault
    new = read_new(job)
    for part in secret.entry.parts:
        if vault.read(part.parameter).value != new.parts[part.name]:
            raise Unexpected("ssm", f"verify {part.parameter}", "it no longer holds the new value")
    answer = job.provider().probe(new)
    _demand_live(job, answer, "verify the new value live")
    confirmed, words = _health(job)
    return e.ValueLive(job.claim.number, secret.name, confirmed, "; ".join([answer.detail, *words]))


def _health(job: Job) -> tuple[bool, list[str]]:
    """Whether every consumer is refreshed and says that it is well, and what is missing from that."""
    words = []
    well = bool(job.secret.entry.consumers)
    failure = job.incident.lane(job.claim.lane).failure
    for consumer in job.secret.entry.consumers:
        state = job.incident.functions.get(consumer.function)
        if state is None or not state.complete:
            well = False
            words.append(f"{consumer.function}: {state.detail if state else 'not refreshed'}")
        elif consumer.health is None:
            well = False
            words.append(f"{consumer.function}: refreshed, unconfirmed (no health URL)")
        else:
            health = job.tools.consumers.health(consumer.health)
            words.append(f"{consumer.function}: health {health.detail}")
            if not health.ok and (failure is None or failure.count < HEALTH_TRIES):
                raise Unexpected(consumer.function, "ask its health URL", health.detail)
            well = well and health.ok
    return well, words or ["no consumer is catalogued"]
