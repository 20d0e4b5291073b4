"""Refresh: has one function read the new value."""

from __future__ import annotations

from bot.consumers.contract import Refreshed
from bot.errors import Missing
from bot.incident import events as e
from bot.incident.consumers.schedule import wanted_versions
from bot.rotation.job import Job


def refresh(job: Job) -> e.FunctionRefreshed:
    """Has one function read the promoted versions. What cannot be refreshed is shown and holds nothing up."""
    function, incident = job.claim.subject, job.incident
    wanted = wanted_versions(incident, function)
    consumers = [c for s in incident.secrets.values() for c in s.entry.consumers if c.function == function]
    newest = job.tools.vault.newest(wanted)
    words: list[str] = []
    versions, complete = dict(wanted), True
    for alias in dict.fromkeys(consumer.alias for consumer in consumers):
        job.still_mine()
        try:
            done = job.tools.consumers.refresh(function, alias, wanted, newest)
        except Missing:
            done = Refreshed({}, complete=False, detail="there is no function of this name, or no such alias")
        complete = complete and done.complete
        words += [done.detail] if done.detail else []
        for parameter, version in done.versions.items():
            versions[parameter] = max(version, versions.get(parameter, 0))
    return e.FunctionRefreshed(job.claim.number, function, versions, complete, "; ".join(words))
