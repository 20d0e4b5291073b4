"""Deny: denies the earlier sessions of a role, or removes that deny again."""

from __future__ import annotations

from bot.errors import Refused
from bot.incident import events as e
from bot.incident.access.sessions import policy_name
from bot.providers.contract import Denies
from bot.rotation.job import Job


def deny(job: Job) -> e.DenySeen:
    """As people want the role's policy now. The provider looks before, and after."""
    role = job.claim.subject
    wanted = job.incident.denies[role]
    entry = job.incident.secrets[wanted.secret].entry
    provider = job.tools.provider(entry)
    if not isinstance(provider, Denies):
        raise Refused(entry.provider, f"deny sessions of {role}", "only a person can, in its console")
    job.still_mine()
    provider.deny(role, policy_name(job.incident), wanted.wanted)
    return e.DenySeen(job.claim.number, role, wanted.wanted)
