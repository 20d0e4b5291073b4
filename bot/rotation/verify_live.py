"""Verify live: tests the new value where consumers read it, and asks whether they are healthy."""

from __future__ import annotations

from bot.errors import Unexpected
from bot.incident import events as e
from bot.rotation.health import demand_live, health_of
from bot.rotation.job import Job, read_new


def verify_live(job: Job) -> e.ValueLive | e.ConsumersFailing:
    """Reads what consumers read, probes it, and asks their health URLs."""
    secret, vault = job.secret, job.tools.vault
    new = read_new(job)
    for part in secret.entry.parts:
        if vault.read(part.parameter).value != new.parts[part.name]:
            raise Unexpected("ssm", f"verify {part.parameter}", "it no longer holds the new value")
    answer = job.provider().probe(new)
    demand_live(job, answer, "verify the new value live")
    seen = health_of(job)
    detail = "; ".join([answer.detail, *seen.words])
    if seen.failing:
        return e.ConsumersFailing(job.claim.number, secret.name, seen.failing, detail, as_before=seen.as_before)
    return e.ValueLive(job.claim.number, secret.name, seen.confirmed, detail, seen.as_before)
