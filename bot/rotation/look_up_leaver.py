"""Look up leaver: asks CloudTrail and IAM what somebody who leaves has read, and can still read."""

from __future__ import annotations

from bot.incident import events as e
from bot.rotation.job import Job
from bot.usage.leaver import look_up


def look_up_leaver(job: Job) -> e.LeaverLookedUp:
    """What cannot be told is said, and holds the values back as an access that is there would."""
    departure, tools = job.incident.departure, job.tools
    assert departure is not None
    parameters = dict(tools.secrets(job.incident.environment))
    # A secret that the catalog has lost since is still one of this run.
    parameters |= {secret.entry.main.parameter: name for name, secret in job.incident.secrets.items()}
    found = look_up(departure.leaver, parameters, tools.usage, tools.grants, tools.clock())
    asked = tuple(sorted(job.incident.secrets))
    return e.LeaverLookedUp(job.claim.number, asked, found.reaches, found.unknown, found.grants_known)
