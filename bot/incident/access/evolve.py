"""How a secret's checklist changes: what the machine read, what people settled, and when all is looked at anew."""

from __future__ import annotations

from bot.incident import events as e
from bot.incident.access.state import Check
from bot.incident.changes import replace
from bot.incident.model import By, CheckOutcome
from bot.incident.state import SecretState
from bot.model.keys import Leftover
from bot.model.secrets import SecretEntry


def checklist(entry: SecretEntry) -> dict[str, Check]:
    """Every item, open."""
    return {item: Check(item, sentence) for item, sentence in entry.checklist.items()}


def inspected(secret: SecretState, event: e.AccessInspected, by: By) -> SecretState:
    """Items where nothing was found are clear; those where something new was need a person.

    What was read while the value was accepted again says nothing: it is read once more.
    """
    if not secret.gone:
        return secret
    checks = dict(secret.checks)
    for item in dict.fromkeys([*event.items, *(left.item for left in event.found)]):
        found = tuple(left for left in event.found if left.item == item)
        checks[item] = _read(checks.get(item) or Check(item, item), found, by)
    return replace(secret, checks=checks, inspected_at=by.at)


def _read(check: Check, found: tuple[Leftover, ...], by: By) -> Check:
    seen = replace(check, found=found, read_at=by.at)
    if not found:
        by_person = check.ended is not None and check.ended.name != by.name
        return seen if by_person else replace(seen, outcome=CheckOutcome.CLEAR, ended=by, note="")
    known = {left.id for left in found} <= check.settled
    if check.outcome is CheckOutcome.CLEAR and known:
        return seen  # somebody has said of these very things that they belong there
    return _reopened(seen)


def _reopened(check: Check) -> Check:
    return replace(check, outcome=None, ended=None, note="", settled=frozenset())


def ended(secret: SecretState, event: e.CheckEnded, by: By) -> SecretState:
    check = secret.checks.get(event.item) or Check(event.item, event.item)
    settled = frozenset(left.id for left in check.found)
    done = replace(check, outcome=event.outcome, ended=by, note=event.note, settled=settled)
    return replace(secret, checks={**secret.checks, event.item: done})


def anew(secret: SecretState) -> SecretState:
    """The value was accepted again: whoever has it may have made more since anybody looked."""
    checks = {item: replace(_reopened(check), found=(), read_at=None) for item, check in secret.checks.items()}
    return replace(secret, checks=checks, inspected_at=None)


def inspect_again(secret: SecretState) -> SecretState:
    """The machine is to look once more; what people settled stays settled unless it finds more."""
    return replace(secret, inspected_at=None)
