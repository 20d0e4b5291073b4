"""Look up use: asks the provider how the leaked key was used."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.errors import Missing, OutsideError, Refused
from bot.incident import events as e
from bot.incident.record.rules import exposed_since
from bot.model.secrets import Consumer
from bot.model.uses import Use, as_lines, judged, summary, unlike
from bot.phrases.marks import printable
from bot.providers.contract import Held, Provider, ReportsUse
from bot.providers.looks import Look
from bot.report.filing import Filed
from bot.rotation.job import Job, read_old
from bot.secrets.keyshapes import redact
from bot.secrets.secret import Credential

ROWS = 50
"""The most rows in the log; the file has every use."""
NAMES = 20
"""The most principals, addresses and agents that are named with their numbers."""
LONGEST, LONGEST_SENTENCE = 200, 600
"""Characters of a text of a use, and of what a source cannot show, which may name things of an attacker."""
BEFORE = timedelta(days=30)
"""How far back the look goes at least, for what was usual."""
FIRST_LOOK, WHOLE_LOOK = timedelta(seconds=1.5), timedelta(minutes=5)
"""After which no further call is made: people want a first answer within two seconds."""


def look_up_use(job: Job) -> e.UseLookedUp:
    """The uses since the key was exposed, beside what was usual before. A first look is a quick one."""
    return use_seen(job, job.provider(), FIRST_LOOK if job.secret.use is None else WHOLE_LOOK)


def use_seen(job: Job, provider: Provider, longest: timedelta) -> e.UseLookedUp:
    """The same, with no further call after `longest`. What an earlier look saw stays: its session may be closed by now,
    and a provider may drop the records of a deleted key.
    """
    secret = job.secret
    if not isinstance(provider, ReportsUse):
        raise Refused(secret.entry.provider, "look up how the key was used", "only a person can, in its console")
    held = Held(read_old(job), secret.old.key_id)
    now, exposed = job.tools.clock(), exposed_since(job.incident, secret)
    whole = provider.use(held, Look(provider.card.records, min(exposed, now - BEFORE), now, _over(job, longest)))
    uses = tuple(_cleaned(use, held.credential) for use in whole.uses)
    before = secret.use.found.uses if secret.use is not None else ()
    delay = min(whole.delay, job.incident.timings.records) if whole.delay is not None else None
    unseen = tuple(_short(each, LONGEST_SENTENCE) for each in whole.not_visible)
    whole = replace(whole, delay=delay, uses=(*uses, *unlike(before, uses)), not_visible=unseen)
    report, usual = judged(whole, exposed, job.tools.catalog.our_uses(secret.name, job.incident.environment))
    lines = as_lines(report.uses)
    kept = job.tools.keep(job.incident, f"use-{secret.name}", lines) if lines else Filed("", "")
    found, runs = summary(report, ROWS, NAMES, usual), _running(job, {use.role for use in report.uses} - {""})
    return e.UseLookedUp(job.claim.number, secret.name, found, kept.place, kept.digest, runs)


def _running(job: Job, roles: Collection[str]) -> dict[str, tuple[Consumer, ...]]:
    """By role, the catalogued consumers that run with it. One that cannot be asked may run with any."""
    found: dict[str, dict[Consumer, None]] = {role: {} for role in roles}
    for consumer in job.tools.catalog.consumers if roles else ():
        try:
            its = {job.tools.consumers.reader(consumer.function).principal.split("/")[1]}
        except Missing:
            its = set()
        except OutsideError:
            its = {*roles}
        for role in its & found.keys():
            found[role][consumer] = None
    return {role: tuple(some) for role, some in found.items() if some}


def _over(job: Job, longest: timedelta) -> Callable[[], bool]:
    until = job.tools.clock() + longest
    return lambda: job.tools.clock() >= until


def _short(text: str, most: int) -> str:
    return redact(" ".join(printable(text).split()))[:most]


def _cleaned(use: Use, leaked: Credential) -> Use:
    """An attacker may have chosen much of this: keeps as much as a person needs, and no value."""
    value = leaked.trimmed.key.secret_part.reveal()

    def clean(text: str) -> str:
        plain = redact(" ".join(printable(text).split()))
        return "(the leaked value)" if value in plain else plain[:LONGEST]

    fields = ("action", "principal", "address", "agent", "region", "id")
    texts: dict[str, Any] = {name: clean(getattr(use, name)) for name in fields}
    return replace(use, what=tuple(map(clean, use.what)), **texts)
