"""Check siblings: whether other secrets of the provider are still accepted, and were not ended by the revocation."""

from __future__ import annotations

from msgspec import structs

from bot.errors import BotError
from bot.incident import events as e
from bot.model.probes import Answer, Liveness, Probe
from bot.model.secrets import Sibling
from bot.rotation.job import Job
from bot.rotation.versions import credential_at

SECONDS = 5.0
"""A sibling that does not answer soon is left out: this is a look in passing."""
THE_SAME = Answer(Liveness.UNKNOWN, "it holds the same key, so it must be revoked")


def check_siblings(job: Job) -> e.SiblingsSeen:
    """Probes every sibling before the revocation, and after it the ones accepted before.

    Leaves out siblings of an open incident, which may be revoked at any moment. A sibling that cannot be probed is
    unknown, and delays nothing.
    """
    secret = job.secret
    after = secret.siblings.seen_at is not None
    busy = job.tools.open_secrets(job.incident.environment) | set(job.incident.secrets)
    wanted = [each for each in secret.entry.siblings if each.name not in busy]
    if after:
        wanted = [each for each in wanted if each.name in secret.siblings.alive]
    probes = tuple(_look(job, sibling) for sibling in wanted)
    return e.SiblingsSeen(job.claim.number, secret.name, after, probes)


def _look(job: Job, sibling: Sibling) -> Probe:
    entry = structs.replace(
        job.secret.entry,
        name=sibling.name,
        parts=sibling.parts,
        options=sibling.options,
        admin_parameter=sibling.admin_parameter,
    )
    try:
        credential = credential_at(job.tools.vault, entry, {})
        answer = job.tools.provider(entry, SECONDS).probe(credential.trimmed)
    except BotError as error:
        return Probe(sibling.name, Liveness.UNKNOWN, str(error))
    if credential.fingerprint in {secret.old.fingerprint for secret in job.incident.secrets.values()}:
        answer = THE_SAME
    return answer.about(sibling.name)
