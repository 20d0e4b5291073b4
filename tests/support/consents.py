"""Consents as faces give them: with the digest of what is shown at that moment."""

from __future__ import annotations

from dataclasses import replace

from bot.incident import commands as c
from bot.incident.approval.kills import glass_digest
from bot.incident.approval.plan import end_of, plan_of
from bot.incident.closing.open_items import acceptable, left_digest

SHOWN = "5" * 64
"""Stands for the digest of what is shown when the command is given."""


def shown(incident, body):
    """The command with the digests that a form would show now in the place of `SHOWN`, and of what is open for a
    close without one; any other as it is.
    """
    secrets = incident.secrets if incident is not None else {}
    match body:
        case c.KillNow(name, digest) if digest == SHOWN and name in secrets:
            return replace(body, digest=plan_of(incident, secrets[name], at_once=True).digest)
        case c.BreakGlass(named):
            ends = {name: end_of(incident, secrets[name]) if name in secrets else SHOWN for name in named}
            return replace(body, shown={name: ends[name] if seen == SHOWN else seen for name, seen in named.items()})
        case c.ReviewGlass(_, digest, names) if digest == SHOWN and set(names) <= set(secrets):
            return replace(body, digest=glass_digest(incident, names))
        case c.Close(_, accepted, "") if accepted and incident is not None:
            return replace(body, seen=left_digest(acceptable(incident)))
    return body
