"""Roll back: puts the leaked value, while it still lives, back in the new one's place."""

from __future__ import annotations

from bot.errors import Refused, Unexpected
from bot.incident import events as e
from bot.model.probes import Liveness
from bot.model.secrets import Part
from bot.rotation.job import Job, read_captured, read_new
from bot.rotation.promote import put_parts
from bot.secret import Secret


def roll_back(job: Job) -> e.RolledBack | e.RollBackRefused:
    """Looks at the old value first: nothing can serve on one that is refused. Then writes each part where it does not
    stand already, so that one that was lost halfway is finished.
    """
    secret = job.secret
    old, new = read_captured(job), read_new(job)
    answer = job.provider().probe(old.trimmed)
    if answer.liveness is Liveness.DEAD:
        return e.RollBackRefused(job.claim.number, secret.name, answer.detail)
    if answer.liveness is not Liveness.LIVE:
        raise Unexpected(secret.entry.provider, "look at the old value before it serves again", answer.detail)

    def demand(part: Part, value: Secret) -> None:
        if value != new.parts[part.name]:
            cause = "it holds neither the new nor the old value: it was changed from outside"
            raise Refused("ssm", f"roll {part.parameter} back", cause)

    return e.RolledBack(job.claim.number, secret.name, put_parts(job, old, demand))
