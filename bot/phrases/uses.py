"""How a leaked key was used, in words: what the machine proposes, why it is not sure, and the rows behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.incident.access.readers import principal_name
from bot.incident.lanes import use_lane
from bot.incident.record.rules import Missing, Used, Verdict, all_used
from bot.incident.state import Incident, SecretState
from bot.model.secrets import Data
from bot.model.uses import Use, UseSummary
from bot.phrases.marks import code, day_and_time, guidance, literal, plain
from bot.phrases.times import counted, few, listed, moment

SHOWN = 3
"""Rows in a form; the report has all of them."""
_NAMES = {"action": "action", "principal": "user", "address": "address", "agent": "program", "region": "region"}


def proposals(incident: Incident) -> Iterator[str]:
    """A phrase for all secrets with the same verdict, with the worst rows; then what each could do, and where a person
    looks: for each of the others, and for what the provider does not tell.
    """
    told: dict[tuple[str, ...], list[str]] = {}
    every = all_used(incident)
    last = max((each.complete_at for each in every if each.complete_at is not None), default=None)
    for one in every:
        each = replace(one, complete_at=last) if one.missing is Missing.NOT_IN else one
        if each.missing is not Missing.NO_SOURCE:
            said = (verdict_words(incident, each), *map(row_words, each.strange[:SHOWN]))
            told.setdefault(said, []).append(each.secret)
    for (words, *rows), names in told.items():
        yield from (f"{few([code(name) for name in names])}: {words}", *rows)
    for words, those in reaches(incident, data=False).items():
        looks = dict.fromkeys(incident.secrets[name].entry.use_by_hand for name in those)
        yield f"{few([code(name) for name in those])} could: {words}. {guidance(' '.join(looks))}".rstrip()


def reaches(incident: Incident, *, data: bool = True) -> dict[str, tuple[str, ...]]:
    """What leaked keys could do with data and money, as far as the admin's side tells, with the names of each. `data`:
    also whose data they open, by the catalog.
    """
    told: dict[str, tuple[str, ...]] = {}
    for name, secret in incident.secrets.items():
        words = _reach(secret, data=data)
        told[words] = (*told.get(words, ()), name)
    return told


def _reach(secret: SecretState, *, data: bool) -> str:
    """``send e-mail in our name; open personal data``."""
    reach, snapshot = secret.old.reach, secret.old.snapshot
    scopes = snapshot.scopes if snapshot is not None else None
    if reach is not None and (reach.actions or not reach.unknown):
        scopes = reach.actions
    can = [
        words
        for begins, words in secret.entry.reaches.items()
        if scopes is None or not begins or any(scope.startswith(begins) for scope in scopes)
    ]
    rights = f"use its rights: {literal(listed(scopes))}" if scopes else "do nothing, by its rights"
    said = ["; ".join(can) or rights]
    if scopes is None and len(can) > 1:
        said = [f"its rights are unknown; at most {said[0]}"]
    if reach is not None and reach.beyond:
        said.append(f"read {few([f'{name} ({parameter})' for name, parameter in reach.beyond.items()])}")
    if reach is not None and reach.unknown:
        said.append(f"maybe more: {literal(reach.unknown)}")
    if reach is not None and reach.limits:
        said.append(literal(reach.limits))
    if data and secret.entry.data is not Data.NONE:
        said.append(f"open {secret.entry.data.words}")
    return "; ".join(said)


def verdict_words(incident: Incident, each: Used) -> str:
    """``USED BY OTHERS, it seems: 3 of 12 uses are not ours``, or ``unknown: the key still works``."""
    look = incident.secrets[each.secret].use
    if look is None:
        failure = incident.lane(use_lane(each.secret)).failure
        return f"unknown: {each.missing if failure is None else literal(failure.message)}"
    found = look.found
    match each.verdict:
        case Verdict.OTHERS:
            return f"USED BY OTHERS, it seems: {found.strange} of {counted(found.total, 'use')} not known to be ours"
        case Verdict.OURS:
            seen = f"only our use seen: {counted(found.total, 'use')}" if found.total else "no use seen"
            return f"{seen} {window_words(found)}"
    if each.missing is Missing.GAP and not found.total:
        return f"unknown: {literal(found.gap)}"
    seen = f"; {counted(found.total, 'use')} seen so far" if found.total else "; no use seen so far"
    when = f" until {day_and_time(each.complete_at)}" if each.missing is Missing.NOT_IN and each.complete_at else ""
    reason = literal(found.gap) if each.missing is Missing.GAP else each.missing
    return f"unknown: {reason}{when}{seen}"


def window_words(found: UseSummary) -> str:
    """Where and when was looked: ``in CloudTrail event history …, from 2026-11-25 03:14 UTC to …``."""
    return f"in {literal(found.source)}, from {day_and_time(found.since)} to {day_and_time(found.until)}"


def row_words(use: Use) -> str:
    """``3 times iam:CreateUser (eve) by user/app from 192.0.2.9, us-east-1: Makes a user. New: address``."""
    times = f"{use.times} times " if use.times > 1 else ""
    what = f" ({literal(few(list(use.what)))})" if use.what else ""
    who = f" by {literal(principal_name(use.principal))}" if use.principal else ""
    place = ", ".join(filter(None, (use.address, use.agent, use.region)))
    where = f" from {literal(place)}" if place else ""
    said = " (rejected)" if use.refused else ""
    new = f" New: {few([_NAMES[name] for name in use.new])}." if use.new else ""
    return f"{day_and_time(use.last)} {times}{literal(use.action)}{what}{said}{who}{where}. {use.why}{new}".rstrip()


def uses_words(found: UseSummary) -> str:
    """``12 uses seen, 3 of them not known to be ours, the last at 17:05 UTC, by user/app; of concern: iam:CreateUser``;
    of no use where it was looked.
    """
    cut = "; not complete" if found.truncated else ""
    if found.gap and not found.total:
        return f"unknown: {found.gap}{cut}"
    if not found.total:
        return f"no use seen {plain(window_words(found))}{cut}"
    strange = f", {found.strange} of them not known to be ours" if found.strange else ", all known to be ours"
    last = f", the last at {moment(found.last)}" if found.last is not None else ""
    who = f", by {few([principal_name(each) for each in found.principals])}" if found.principals else ""
    bad = list(dict.fromkeys(use.action for use in found.uses if use.concern and not (use.by_bot or use.ours)))
    worst = f"; of concern: {few(bad)}" if bad else ""
    return f"{counted(found.total, 'use')} seen{strange}{last}{who}{worst}{cut}"


def uses_against(incident: Incident) -> str:
    """What contradicts that no one else used the keys, as a phrase; empty if no record does."""
    found = [(each.secret, incident.secrets[each.secret].use) for each in all_used(incident)]
    seen = [(name, use.found.strange) for name, use in found if use is not None and use.found.strange]
    return "; ".join(f"{counted(strange, 'use')} of {code(name)} not known to be ours" for name, strange in seen)
