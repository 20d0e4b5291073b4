"""Inspect: looks for what an attacker left at the leaked key's provider."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import chain

from bot.errors import OutsideError, Refused
from bot.incident import events as e
from bot.incident.access.made import name_of
from bot.incident.access.sessions import policy_name
from bot.incident.record.rules import exposed_since
from bot.model.keys import Leftover
from bot.model.uses import Use
from bot.providers.contract import Denies, Inspects, LooksAgain, Provider
from bot.rotation.job import Job, read_old
from bot.secrets.keyshapes import redact

LEFTOVERS_KEPT = 10
"""The most findings for each check; further ones are only counted."""
NAME_LENGTH = 100
LONGEST_SESSION = timedelta(hours=12)
"""Of a role (STS API reference, AssumeRole)."""


def inspect(job: Job) -> e.AccessInspected:
    """The findings of the checks that are newer than the exposure, without what this incident made itself."""
    secret, provider = job.secret, job.provider()
    if not isinstance(provider, Inspects):
        raise Refused(secret.entry.provider, "look for what was left behind", "only a person can, in its console")
    since = exposed_since(job.incident, secret)
    seen = _looked_at(job, provider)
    left = [*provider.leftovers(since, read_old(job), secret.old.key_id), *chain.from_iterable(seen.values())]
    strange = [each for each in left if not _ours(job, each)]
    kept: dict[str, list[Leftover]] = {}
    for each in strange:
        kept.setdefault(each.item, []).append(replace(each, id=_short(each.id), name=_short(each.name)))
    found = tuple(each for item in kept.values() for each in item[:LEFTOVERS_KEPT])
    return e.AccessInspected(
        claim=job.claim.number,
        secret=secret.name,
        since=since,
        items=(*secret.entry.inspects, *seen),
        found=found,
        cut=len(strange) - len(found),
    )


def _looked_at(job: Job, provider: Provider) -> dict[str, list[Leftover]]:
    """What the leaked key made and no checklist lists, as far as the provider tells of all of it: by its check, the
    things that are still there.
    """
    uses = job.secret.use.found.uses if job.secret.use is not None else ()
    made = [use for use in uses if use.undo is not None and use.what and not (use.undo.item or use.ours)]
    told: dict[Use, bool] = {}
    if made and isinstance(provider, LooksAgain):
        with suppress(OutsideError):
            told.update(provider.still_there(made))
    by_check: dict[str, list[Use]] = {}
    for use in made:
        by_check.setdefault(name_of(use), []).append(use)
    expired = job.tools.clock() - LONGEST_SESSION
    return {
        check: [
            Leftover(check, use.what[-1], created_at=use.last)
            for use in some
            if told[use] and not (use.role and use.last < expired)
        ]
        for check, some in by_check.items()
        if told.keys() >= set(some)
    }


def _ours(job: Job, left: Leftover) -> bool:
    """Whether the log knows it: a key that this incident ended or made. How its name begins would not do, anyone can
    copy that. A provider may name a key by a path, and show its last part alone.
    """
    known: set[str] = set()
    for secret in job.incident.secrets.values():
        known |= {secret.old.key_id, secret.new.key_id or secret.new.name, *secret.new.known_keys}
    return left.id in {*known, *(key.rpartition("/")[2] for key in known)} - {""}


def _short(text: str) -> str:
    """An attacker may have chosen a name: keeps as much of it as a person needs, and no value."""
    plain = "".join(char for char in " ".join(text.split()) if unicodedata.category(char) != "Cc")
    return redact(plain)[:NAME_LENGTH]


# Deny: denies the earlier sessions of a role, or removes that deny again.


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
