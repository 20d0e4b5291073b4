"""Usage: asks who read the leaked key."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import timedelta

from bot.errors import OutsideError
from bot.incident import events as e
from bot.model.reads import KnownReader, Read, known_readers
from bot.providers.contract import OfAwsUser
from bot.rotation.job import Job
from bot.usage.contract import Readable
from bot.usage.leaver import look_up

KEPT = 200
"""The most reads kept in the log, or one for each reader if there are more readers; the rest are counted."""
EVENT_HISTORY = timedelta(days=90)


def usage(job: Job) -> e.UsageRead:
    """The readers of the parameters since they held the leaked key, or since the event history begins."""
    secret, now = job.secret, job.tools.clock()
    since = max(secret.old.exposed_since or now - EVENT_HISTORY, now - EVENT_HISTORY)
    found = job.tools.usage.reads({part.parameter for part in secret.entry.parts if part.secret}, since, now)
    kept = _kept(found.reads)
    known = (*job.tools.catalog.known_readers(secret.name, job.incident.environment), *_consumers(job, found.reads))
    return e.UsageRead(
        claim=job.claim.number,
        secret=secret.name,
        source=found.source,
        since=found.since,
        until=found.until,
        reads=kept,
        not_visible=found.not_visible,
        truncated=found.truncated,
        dropped=len(found.reads) - len(kept),
        ours=known_readers(found.reads, known, now.date()),
    )


def _consumers(job: Job, reads: tuple[Read, ...]) -> Iterator[KnownReader]:
    """The identities of the secret's consumers with reads under their names, according to their system. If it does not
    say, people are asked.
    """
    seen = {read.principal for read in reads}
    for consumer in job.secret.entry.consumers:
        if any(map(consumer.may_be, seen)):
            with suppress(OutsideError):
                yield job.tools.consumers.reader(consumer.function)


def _kept(reads: tuple[Read, ...]) -> tuple[Read, ...]:
    """Reads, newest first: the newest of every reader, the oldest of all, and further new ones as far as there is room.
    So every reader is kept, even beside many reads of the product.
    """
    newest: dict[str, int] = {}
    oldest: dict[str, int] = {}
    for place, read in enumerate(reads):
        newest.setdefault(read.principal, place)
        oldest[read.principal] = place
    places = dict.fromkeys([*newest.values(), *oldest.values(), *range(len(reads))])
    return tuple(reads[place] for place in sorted([*places][: max(KEPT, len(newest))]))


# Look up leaver: asks CloudTrail and IAM what someone who leaves has read, and can still read.


def look_up_leaver(job: Job) -> e.LeaverLookedUp:
    """Unknown access is named, and holds the values like real access."""
    departure, tools = job.incident.departure, job.tools
    assert departure is not None
    parameters = tools.catalog.owners(job.incident.environment)
    # A secret that the catalog has lost since is still one of this run.
    parameters |= {secret.entry.main.parameter: name for name, secret in job.incident.secrets.items()}
    found = look_up(departure.leaver, parameters, tools.usage, tools.grants, tools.clock())
    asked = tuple(sorted(job.incident.secrets))
    return e.LeaverLookedUp(job.claim.number, asked, found.reaches, found.unknown, found.grants_known)


# Look up key: asks IAM what a leaked AWS key can read and do.


def look_up_key(job: Job) -> e.KeyLookedUp:
    """Unknown access is named, and holds the new keys like a key that reads all of them."""
    parameters = {
        part.parameter: name
        for name, secret in job.incident.secrets.items()
        for part in secret.entry.parts
        if part.secret
    }
    others = {
        parameter: name
        for parameter, name in job.tools.catalog.owners(job.incident.environment).items()
        if name not in job.incident.secrets
    }
    found = _readable(job, {**parameters, **others})
    reads = dict.fromkeys(parameters[each] for each in parameters if each in found.parameters)
    beyond = {name: parameter for parameter, name in others.items() if parameter in found.parameters}
    asked, key_id = tuple(job.incident.secrets), job.secret.old.key_id
    return e.KeyLookedUp(
        job.claim.number,
        job.secret.name,
        key_id,
        asked,
        tuple(reads),
        found.unknown,
        found.actions,
        beyond,
        found.limits,
    )


def _readable(job: Job, parameters: Collection[str]) -> Readable:
    provider = job.provider()
    if not isinstance(provider, OfAwsUser):
        return Readable(unknown="its rights are unknown")
    try:
        return job.tools.grants.readable(provider.aws_user(), parameters, tuple(job.secret.entry.reaches))
    except OutsideError as error:
        if error.retryable:
            raise
        return Readable(unknown=str(error))
