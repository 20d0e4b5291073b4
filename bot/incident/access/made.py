"""What a leaked key was used to make, by the provider's records: each thing is a check, and people undo it at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from bot.incident.access.readers import principal_name
from bot.incident.changes import replace
from bot.incident.model import BOT, By, CheckOutcome
from bot.incident.state import Check, SecretState
from bot.model.keys import Leftover
from bot.model.uses import Undo, Use

MOST_FOUND, LONGEST = 10, 100
"""The most things of one check, and characters of its name, which an attacker influences."""


def name_of(use: Use) -> str:
    """The check of what it made."""
    return use.made[:LONGEST]


def learned(secret: SecretState) -> dict[tuple[str, str, str], str]:
    """By principal, address and program, why its uses are ours: as a person said of a thing that was made so."""
    found: dict[tuple[str, str, str], str] = {}
    for use in secret.use.found.uses if secret.use is not None else ():
        check = secret.checks.get(name_of(use))
        said = check.ended if check is not None and check.undo and check.outcome is CheckOutcome.CLEAR else None
        if check is not None and said is not None and said.name != BOT.name and use.last <= said.at and use.address:
            found[_actor(use)] = f"{said.name}: {check.note}"
    return found


def _actor(use: Use) -> tuple[str, str, str]:
    return use.principal, use.address, use.agent


def _with_learned(secret: SecretState) -> SecretState:
    why = learned(secret)
    if secret.use is None or not why:
        return secret
    found = secret.use.found
    uses = tuple(replace(each, ours=each.ours or why.get(_actor(each), "")) for each in found.uses)
    strange = found.strange - sum(new.times for old, new in zip(found.uses, uses, strict=True) if new.ours != old.ours)
    return replace(secret, use=replace(secret.use, found=replace(found, uses=uses, strange=strange)))


def with_made(secret: SecretState, by: By) -> SecretState:
    """With a check for each thing that the last look saw made, in a use that is not known to be ours. It is clear once
    all such uses are known to be ours, as people's answers for others alike show too, and open again if the thing was
    made again after its answer.
    """
    secret = _with_learned(secret)
    made: dict[str, list[tuple[Use, Undo]]] = {}
    for use in secret.use.found.uses if secret.use is not None else ():
        if use.undo is not None and not (use.refused or use.by_bot):
            made.setdefault(name_of(use), []).append((use, use.undo))
    checks = dict(secret.checks)
    for item, uses in made.items():
        strange = [use for use, _ in uses if not use.ours]
        check = checks.get(item)
        if strange:
            undo = uses[0][1]
            checks[item] = _seen(check or Check(item, undo.where, undo=undo), strange)
        elif check is not None and check.open:
            checks[item] = replace(check, outcome=CheckOutcome.CLEAR, ended=by, note=uses[0][0].ours)
    return replace(secret, checks=checks) if checks != secret.checks else secret


def _seen(check: Check, uses: Iterable[Use]) -> Check:
    """The check with these uses, open if one of them came after its answer, or made what the answer did not cover."""
    ordered = sorted(uses, key=lambda use: use.last)
    found = {use.what[-1] if use.what else use.made: use for use in ordered}
    things = tuple(_thing(check.item, name, use) for name, use in found.items())[-MOST_FOUND:]
    seen = replace(check, found=things)
    if check.ended is None or (ordered[-1].last <= check.ended.at and {each.id for each in things} <= check.settled):
        return seen
    return reopened(seen)


def _thing(item: str, name: str, use: Use) -> Leftover:
    """What was made, when, by whom and from where."""
    where = f" from {use.address}" if use.address else ""
    return Leftover(item, name, created_at=use.last, by=f"{principal_name(use.principal)}{where}".strip())


def still_there(secret: SecretState, item: str, there: Collection[str], by: By) -> Mapping[str, Check]:
    """The secret's checks of things that this item of the checklist lists, or this single one, now that the bot has
    looked: what people undid and is still `there`, by its id, is open again.
    """
    found = {}
    for name, check in secret.checks.items():
        if check.undo is not None and item in {check.undo.item, name}:
            back = check.outcome is CheckOutcome.HANDLED and any(left.id in there for left in check.found)
            found[name] = replace(reopened(check) if back else check, read_at=by.at)
    return found


def reopened(check: Check) -> Check:
    """The check without its answer."""
    return replace(check, outcome=None, ended=None, note="", settled=frozenset())
