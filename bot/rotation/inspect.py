"""Inspect: looks for what an attacker left at the leaked key's provider."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from bot.errors import OutsideError, Refused
from bot.incident import events as e
from bot.model.keys import Leftover
from bot.model.uses import OPENED
from bot.providers.contract import Denies, Inspects, Provider
from bot.rotation.job import Job, read_old
from bot.rotation.usage import EVENT_HISTORY
from bot.secrets.keyshapes import redact

LEFTOVERS_KEPT = 10
"""The most findings for each check; further ones are only counted."""
NAME_LENGTH = 100


def inspect(job: Job) -> e.AccessInspected:
    """The findings of the checks that are newer than the exposure, without what this incident made itself."""
    secret, provider = job.secret, job.provider()
    if not isinstance(provider, Inspects):
        raise Refused(secret.entry.provider, "look for what was left behind", "only a person can, in its console")
    since = exposed_since(job)
    working = _working(job, provider)
    left = [*provider.leftovers(since, read_old(job), secret.old.key_id), *(working or [])]
    strange = [each for each in left if not _ours(job, each)]
    kept: dict[str, list[Leftover]] = {}
    for each in strange:
        kept.setdefault(each.item, []).append(_shortened(each))
    found = tuple(each for item in kept.values() for each in item[:LEFTOVERS_KEPT])
    return e.AccessInspected(
        claim=job.claim.number,
        secret=secret.name,
        since=since,
        items=(*secret.entry.inspects, *([OPENED] if working is not None else [])),
        found=found,
        cut=len(strange) - len(found),
    )


def _working(job: Job, provider: Provider) -> list[Leftover] | None:
    """Sessions that the leaked key opened and that may still work; None where the provider does not tell."""
    uses = job.secret.use.found.uses if job.secret.use is not None else ()
    opened = [use for use in uses if use.undo is not None and use.undo.item == OPENED and not use.ours]
    if not opened or not isinstance(provider, Denies):
        return None
    with suppress(OutsideError):
        return [Leftover(OPENED, use.what[-1], created_at=use.last) for use in provider.undenied(opened)]
    return None


def exposed_since(job: Job) -> datetime:
    """As declared; else since the value was put in place; else as far back as anyone keeps records."""
    incident, secret = job.incident, job.secret
    return incident.exposed_at or secret.old.exposed_since or incident.detected_at - EVENT_HISTORY


def _ours(job: Job, left: Leftover) -> bool:
    """Whether the log knows it: a key that this incident ended or made. How its name begins would not do, anyone can
    copy that. A provider may name a key by a path, and show its last part alone.
    """
    known: set[str] = set()
    for secret in job.incident.secrets.values():
        known |= {secret.old.key_id, secret.new.key_id or secret.new.name, *secret.new.known_keys}
    return left.id in {*known, *(key.rpartition("/")[2] for key in known)} - {""}


def _shortened(left: Leftover) -> Leftover:
    """An attacker may have chosen the names: keeps as much of them as a person needs, and no value."""
    return replace(left, id=_short(left.id), name=_short(left.name))


def _short(text: str) -> str:
    plain = "".join(char for char in " ".join(text.split()) if unicodedata.category(char) != "Cc")
    return redact(plain)[:NAME_LENGTH]
