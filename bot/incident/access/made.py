"""What a leaked key was used to make, by the provider's records: each thing is a check, and people undo it at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from bot.incident.access.readers import principal_name
from bot.incident.changes import replace
from bot.incident.model import By, CheckOutcome
from bot.incident.state import Check, SecretState
from bot.model.keys import Leftover
from bot.model.uses import Undo, Use

MOST_FOUND, LONGEST = 10, 100
"""The most things of one check, and characters of its name, which an attacker influences."""


def with_made(secret: SecretState, by: By) -> SecretState:
    """With a check for each thing that the last look saw made, in a use that is not known to be ours. It is clear once
    all such uses are known to be ours, and open again if the thing was made again after its answer.
    """
    made: dict[str, list[tuple[Use, Undo]]] = {}
    for use in secret.use.found.uses if secret.use is not None else ():
        if use.undo is not None and not (use.refused or use.by_bot):
            made.setdefault(use.made[:LONGEST], []).append((use, use.undo))
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
    """The secret's checks of things that this item of the checklist lists, now that the bot has read it: what people
    undid and is still `there`, by its id, is open again.
    """
    found = {}
    for name, check in secret.checks.items():
        if check.undo is not None and check.undo.item == item:
            back = check.outcome is CheckOutcome.HANDLED and any(left.id in there for left in check.found)
            found[name] = replace(reopened(check) if back else check, read_at=by.at)
    return found


def reopened(check: Check) -> Check:
    """The check without its answer."""
    return replace(check, outcome=None, ended=None, note="", settled=frozenset())
