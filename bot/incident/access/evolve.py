"""How what may outlive the dead key changes: checks, copies, siblings, and who read the value."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import events as e
from bot.incident.access.copies import settled
from bot.incident.changes import decided, milestone, put, replace, responded, worse
from bot.incident.events import AccessEvent
from bot.incident.model import By, CheckOutcome, ReaderOutcome, Worse
from bot.incident.state import Check, Incident, KeyReach, Reader, SecretState, UsageState
from bot.model.keys import Leftover
from bot.model.probes import Probe
from bot.model.secrets import SecretEntry


def evolve(incident: Incident, event: AccessEvent, by: By, seq: int) -> Incident:
    if isinstance(event, e.ReaderAccounted):
        settled_at = _settled_at(event.outcome, incident.readers.get(event.principal), by.at)
        said = Reader(event.outcome, by, event.note, settled_at)
        return responded(replace(incident, readers={**incident.readers, event.principal: said}), by)
    secret = incident.secrets[event.secret]
    match event:
        case e.CheckEnded():
            return decided(incident, _ended(secret, event, by), by)
        case e.CopySettled():
            return decided(incident, settled(secret, event, by), by)
        case e.AccessInspected():
            return put(incident, _inspected(secret, event, by))
        case e.SiblingsSeen():
            after = put(incident, _siblings_seen(secret, event, by))
            return halted(after, event.secret, event.probes, by.at) if event.after else after
        case e.KeyLookedUp():
            reach = KeyReach(event.key_id, frozenset(event.asked), frozenset(event.reads), event.unknown)
            return put(incident, replace(secret, old=replace(secret.old, reach=reach)))
        case e.UsageRead():
            before = incident.usage.get(event.secret)
            usage = _usage(event, before, seq, by.at, after_containment=secret.gone)
            return replace(incident, usage={**incident.usage, event.secret: usage})
        case _:
            assert_never(event)


def _settled_at(outcome: ReaderOutcome, before: Reader | None, at: datetime) -> datetime | None:
    if outcome is ReaderOutcome.UNEXPLAINED:
        return None
    return before.settled_at if before is not None and before.settled_at is not None else at


def checklist(entry: SecretEntry) -> dict[str, Check]:
    """Every item, open."""
    return {item: Check(item, sentence) for item, sentence in entry.checklist.items()}


def _inspected(secret: SecretState, event: e.AccessInspected, by: By) -> SecretState:
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
        clear = check.ended is not None and check.outcome is CheckOutcome.CLEAR
        return seen if by_person or clear else replace(seen, outcome=CheckOutcome.CLEAR, ended=by, note="")
    known = {left.id for left in found} <= check.settled
    if check.outcome is CheckOutcome.CLEAR and known:
        return seen  # somebody has said of these very things that they belong there
    return _reopened(seen)


def _reopened(check: Check) -> Check:
    return replace(check, outcome=None, ended=None, note="", settled=frozenset())


def _ended(secret: SecretState, event: e.CheckEnded, by: By) -> SecretState:
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


def _siblings_seen(secret: SecretState, event: e.SiblingsSeen, by: By) -> SecretState:
    """Those that were accepted before the revocation are looked at after it."""
    if event.after:
        return replace(secret, siblings=replace(secret.siblings, looks=secret.siblings.looks + 1))
    alive = frozenset(probe.subject for probe in event.probes if probe.liveness == "live")
    return replace(secret, siblings=replace(secret.siblings, seen_at=by.at, alive=alive))


def halted(incident: Incident, revoked: str, siblings: tuple[Probe, ...], at: datetime) -> Incident:
    """Stops everything if one of the siblings died."""
    died = [probe.subject for probe in siblings if probe.liveness == "dead"]
    if not died:
        return incident
    words = f"{', '.join(died)} was refused after {revoked} had been revoked"
    halted = replace(incident, halted=words, halted_at=at)
    return worse(milestone(halted, Worse.HALTED), Worse.HALTED, at, routine=True)


def _usage(
    event: e.UsageRead, before: UsageState | None, seq: int, at: datetime, *, after_containment: bool
) -> UsageState:
    others = [read for read in event.reads if not read.by_bot]
    known = before.principals if before is not None else ()
    return UsageState(
        seq=seq,
        at=at,
        source=event.source,
        since=event.since,
        until=event.until,
        events=len(others),
        by_bot=len(event.reads) - len(others),
        principals=tuple(sorted({*known, *(read.principal for read in others)})),
        not_visible=event.not_visible,
        truncated=event.truncated,
        after_containment=after_containment,
        dropped=event.dropped,
    )
