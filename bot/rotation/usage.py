"""Usage: asks who read the leaked value."""

from __future__ import annotations

from datetime import timedelta

from bot.incident import events as e
from bot.model.reads import Read
from bot.rotation.job import Job

KEPT = 200
"""Reads kept in the log, or one of each reader where those are more; the rest are counted."""
EVENT_HISTORY = timedelta(days=90)


def usage(job: Job) -> e.UsageRead:
    """Who read the parameters since the leaked value stood in them, or since the event history begins."""
    secret, now = job.secret, job.tools.clock()
    since = max(secret.old.exposed_since or now - EVENT_HISTORY, now - EVENT_HISTORY)
    found = job.tools.usage.reads({part.parameter for part in secret.entry.parts if part.secret}, since, now)
    kept = _kept(found.reads)
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
    )


def _kept(reads: tuple[Read, ...]) -> tuple[Read, ...]:
    """Of reads, newest first, the newest of every reader, their oldest, and the newest of all, as far as there is room:
    whoever read it once is known, however often the product does.
    """
    newest: dict[str, int] = {}
    oldest: dict[str, int] = {}
    for place, read in enumerate(reads):
        newest.setdefault(read.principal, place)
        oldest[read.principal] = place
    places = dict.fromkeys([*newest.values(), *oldest.values(), *range(len(reads))])
    return tuple(reads[place] for place in sorted([*places][: max(KEPT, len(newest))]))
