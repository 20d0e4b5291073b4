"""Refresh: has one function read the new key."""

from __future__ import annotations

from datetime import timedelta

from bot.consumers.contract import Refreshed
from bot.errors import Missing
from bot.incident import events as e
from bot.incident.consumers.schedule import wanted_versions
from bot.incident.operations import Op
from bot.incident.state import FunctionState
from bot.rotation.job import Job

LOOKED_AT_LEAST = timedelta(minutes=15)
"""How often a partly refreshed function is checked again at least."""


def refresh(job: Job) -> e.FunctionRefreshed | e.OperationYielded:
    """Makes one function read the promoted versions. A function that cannot be refreshed is shown; only the end of an
    overlap waits for it. A repeated check without news yields its turn.
    """
    function, incident = job.claim.subject, job.incident
    wanted = wanted_versions(incident, function)
    readers = [each for secret in incident.secrets.values() for each in secret.entry.consumers]
    denied = [each for deny in incident.denies.values() for each in deny.consumers]
    consumers = [each for each in (*readers, *denied) if each.function == function]
    newest = job.tools.vault.newest(name for name in wanted if name.startswith("/"))
    words: list[str] = []
    versions, complete = dict(wanted), True
    for alias in dict.fromkeys(consumer.alias for consumer in consumers):
        job.still_mine()
        try:
            done = job.tools.consumers.refresh(function, alias, wanted, newest)
        except Missing:
            cause = "there is no function of this name, or no such alias"
            done = Refreshed({}, complete=False, detail=cause)
        complete = complete and done.complete
        words += [done.detail] if done.detail else []
        for parameter, version in done.versions.items():
            versions[parameter] = max(version, versions.get(parameter, 0))
    refreshed = e.FunctionRefreshed(job.claim.number, function, versions, complete, "; ".join(words))
    before = incident.functions.get(function)
    known = before is not None and all(before.versions.get(name, 0) >= each for name, each in versions.items())
    if before is None or before.complete or complete or not known or before.detail != refreshed.detail:
        return refreshed
    return _still_incomplete(job, before)


def _still_incomplete(job: Job, before: FunctionState) -> e.OperationYielded:
    """Less and less often: the pause is as long as it has been so."""
    now = job.tools.clock()
    since = now - (before.refreshed_at or now)
    pause = max(timedelta(seconds=job.incident.timings.watch), min(since, LOOKED_AT_LEAST))
    return e.OperationYielded(job.claim.number, Op.REFRESH, now + pause)
