"""Whether a new value is accepted, and its consumers are healthy."""

from __future__ import annotations

from dataclasses import dataclass

from bot.consumers.contract import Health
from bot.errors import OutsideError, Unexpected
from bot.incident.operations import Op
from bot.model.probes import Answer, Liveness
from bot.model.secrets import Consumer
from bot.rotation.job import Job

HEALTH_TRIES = 3
"""A consumer that is not well after so many looks is reported, not waited for."""


def demand_live(job: Job, answer: Answer, verb: str) -> None:
    if answer.liveness is not Liveness.LIVE:
        raise Unexpected(job.secret.entry.provider, verb, f"not accepted yet ({answer.detail})")


@dataclass(frozen=True)
class ConsumersHealth:
    """How the consumers are: `confirmed` if every one is refreshed and says that it is well, `failing` those that say
    that they are not, and `as_before` those that said so before the new value too; `words` what was found of each.
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
    local = job.secret.entry.local
    confirmed = bool(looks or local) and all(well is True for _, well, _ in looks)
    none = "programs read the .env as they start" if local else "no consumer is catalogued"
    return ConsumersHealth(confirmed, failing, as_before, tuple(words for _, _, words in looks) or (none,))


def _tries(job: Job) -> int:
    failure = job.incident.lane(job.claim.lane).failure
    return 0 if failure is None else failure.count


def _look(job: Job, consumer: Consumer) -> tuple[bool | None, str]:
    """Whether the consumer is well, None where that cannot be told, since it cannot be asked, or since whoever answered
    may read the old value still; and what was found, in words.
    """
    state = job.incident.functions.get(consumer.function)
    if state is None:
        return None, f"{consumer.function}: not refreshed"
    if consumer.health is None:
        unconfirmed = "refreshed, unconfirmed (no health URL)" if state.complete else state.detail
        return None, f"{consumer.function}: {unconfirmed}"
    health = ask(job, consumer.health)
    before = ", as before the new value" if consumer.function in job.secret.new.unwell_before and not health.ok else ""
    words = f"{consumer.function}: health {health.detail}{before}"
    if refuses(health):
        return False, words
    if not state.complete:
        return None, f"{words}; {state.detail}"
    return health.ok or None, words


def refuses(health: Health) -> bool:
    return health.asked and not health.ok


def ask(job: Job, url: str) -> Health:
    """A URL that may not be asked at all is a consumer that nobody has confirmed, not a reason to stop."""
    try:
        return job.tools.consumers.health(url)
    except OutsideError as error:
        return Health(ok=False, detail=error.cause, asked=False)
