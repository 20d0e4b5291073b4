"""Usage: asks who read the leaked value."""

from __future__ import annotations

from datetime import timedelta

from bot.incident import events as e
from bot.rotation.job import Job

KEPT = 200
"""Reads kept in the log; more than that are counted as cut off."""
EVENT_HISTORY = timedelta(days=90)


def usage(job: Job) -> e.UsageRead:
    """Who read the parameters since the leaked value stood in them, or since the event history begins."""
    secret, now = job.secret, job.tools.clock()
    since = max(secret.old.exposed_since or now - EVENT_HISTORY, now - EVENT_HISTORY)
    found = job.tools.usage.reads({part.parameter for part in secret.entry.parts if part.secret}, since, now)
    return e.UsageRead(
        claim=job.claim.number,
        secret=secret.name,
        source=found.source,
        since=found.since,
        until=found.until,
        reads=found.reads[:KEPT],
        not_visible=found.not_visible,
        truncated=found.truncated or len(found.reads) > KEPT,
    )
