"""Confirm: asks the consumers of a new value once more whether they are healthy."""

from __future__ import annotations

from bot.incident import events as e
from bot.rotation.health import health_of
from bot.rotation.job import Job


def confirm(job: Job) -> e.ConsumersAsked | e.ConsumersFailing:
    """Asks the consumers once more: one may have been unwell over another secret that it reads, or have become so."""
    seen = health_of(job)
    detail = "; ".join(seen.words)
    if seen.failing:
        return e.ConsumersFailing(job.claim.number, job.secret.name, seen.failing, detail, as_before=seen.as_before)
    return e.ConsumersAsked(job.claim.number, job.secret.name, seen.confirmed, detail, as_before=seen.as_before)
