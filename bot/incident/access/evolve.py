"""How what may outlive the dead key changes: checks, copies, siblings, and who read the value."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import events as e
from bot.incident.access.copies import settled
from bot.incident.access.made import reopened, still_there, with_made
from bot.incident.access.sessions import policy_name, role_of
from bot.incident.changes import decided, milestone, put, replace, responded, worse
from bot.incident.events import AccessEvent
from bot.incident.model import BOT, By, CheckOutcome, ReaderOutcome, Worse
from bot.incident.state import Check, Deny, Incident, KeyReach, Reader, SecretState, UsageState, UseState
from bot.model.keys import Leftover
from bot.model.probes import Probe


def evolve(incident: Incident, event: AccessEvent, by: By) -> Incident:
    seq = incident.seq + 1
    if isinstance(event, e.ReaderAccounted):
        settled_at = _settled_at(event.outcome, incident.readers.get(event.principal), by.at)
        said = Reader(event.outcome, by, event.note, settled_at)
        return responded(replace(incident, readers={**incident.readers, event.principal: said}), by)
    if isinstance(event, e.DenyAgreed):
        deny = Deny(event.secret, event.until, event.consumers, by)
        return responded(replace(incident, denies={**incident.denies, event.role: deny}), by)
    if isinstance(event, e.DenyLifted):
        deny = replace(incident.denies[event.role], lifted=by, seen_at=None)
        return responded(replace(incident, denies={**incident.denies, event.role: deny}), by)
    if isinstance(event, e.DenySeen):
        return _denied(incident, event, by)
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
            asked, reads = frozenset(event.asked), frozenset(event.reads)
            reach = KeyReach(event.key_id, asked, reads, event.unknown, event.actions, event.beyond, event.limits)
            return put(incident, replace(secret, old=replace(secret.old, reach=reach)))
        case e.UseLookedUp():
            looks, strange = (secret.use.looks, secret.use.found.strange) if secret.use is not None else (0, 0)
            use = UseState(seq, by.at, looks + 1, event.found, more=False, runs=event.runs)
            seen = with_made(replace(secret, use=use), by)
            assert seen.use is not None
            return put(incident, replace(seen, use=replace(seen.use, more=seen.use.found.strange > strange)))
        case e.UsageRead():
            before = incident.usage.get(event.secret)
            usage = _usage(event, before, seq, by.at, after_containment=secret.gone)
            return _known(replace(incident, usage={**incident.usage, event.secret: usage}), usage, by)
        case _:
            assert_never(event)


def _denied(incident: Incident, event: e.DenySeen, by: By) -> Incident:
    """What people want may have changed meanwhile. The deny undoes the sessions that were opened before it."""
    deny, until = incident.denies[event.role], event.until
    if until != deny.wanted:
        return incident
    after = replace(incident, denies={**incident.denies, event.role: replace(deny, seen_at=by.at)})
    if until is None:
        return after
    for secret in incident.secrets.values():
        for check in secret.open_checks:
            if role_of(secret, check) == event.role and all(
                each.created_at is not None and each.created_at < until for each in check.found
            ):
                done = replace(_answered(check, CheckOutcome.HANDLED, policy_name(incident), by), read_at=by.at)
                after = put(after, _with_check(after.secrets[secret.name], done))
    return after


def _answered(check: Check, outcome: CheckOutcome, note: str, by: By) -> Check:
    """For what it has found until now."""
    return replace(check, outcome=outcome, ended=by, note=note, settled=frozenset(left.id for left in check.found))


def _with_check(secret: SecretState, check: Check) -> SecretState:
    return replace(secret, checks={**secret.checks, check.item: check})


def _settled_at(outcome: ReaderOutcome, before: Reader | None, at: datetime) -> datetime | None:
    if outcome is ReaderOutcome.UNEXPLAINED:
        return None
    return before.settled_at if before is not None and before.settled_at is not None else at


def _known(incident: Incident, usage: UsageState, by: By) -> Incident:
    """The machine answers for readers whose reads of every secret are known to be ours, and withdraws that for one with
    other reads since. A person's answer stays.
    """
    readers = dict(incident.readers)
    for principal in usage.principals:
        said = readers.get(principal)
        if said is not None and said.by.name != BOT.name:
            continue
        looks = (seen for seen in incident.usage.values() if principal in seen.principals)
        if not usage.ours.get(principal):
            readers.pop(principal, None)
        elif said is None and all(seen.ours.get(principal) for seen in looks):
            readers[principal] = Reader(ReaderOutcome.OURS, by, usage.ours[principal], by.at)
    return replace(incident, readers=readers)


def _inspected(secret: SecretState, event: e.AccessInspected, by: By) -> SecretState:
    """Checks without findings are clear; checks with new findings need a person. A reading while the value was accepted
    again proves nothing, and is repeated.
    """
    if not secret.gone:
        return secret
    checks = dict(secret.checks)
    for item in dict.fromkeys([*event.items, *(left.item for left in event.found)]):
        found = tuple(left for left in event.found if left.item == item)
        before = checks.get(item) or Check(item, item)
        if before.undo is None:
            checks[item] = _read(before, found, by)
        checks |= still_there(secret, item, {left.id for left in found}, by) if not event.cut else {}
    return replace(secret, checks=checks, inspected_at=by.at)


def _read(check: Check, found: tuple[Leftover, ...], by: By) -> Check:
    seen = replace(check, found=found, read_at=by.at)
    if not found:
        by_person = check.ended is not None and check.ended.name != by.name
        clear = check.ended is not None and check.outcome is CheckOutcome.CLEAR
        return seen if by_person or clear else replace(seen, outcome=CheckOutcome.CLEAR, ended=by, note="")
    known = {left.id for left in found} <= check.settled
    if check.outcome is CheckOutcome.CLEAR and known:
        return seen  # someone has said of these very things that they belong there
    return reopened(seen)


def _ended(secret: SecretState, event: e.CheckEnded, by: By) -> SecretState:
    check = secret.checks.get(event.item) or Check(event.item, event.item)
    done = _answered(check, event.outcome, event.note, by)
    if check.undo is None:
        return _with_check(secret, done)
    # Only a look since then shows that it is gone.
    after = with_made(_with_check(secret, replace(done, read_at=None)), By(BOT.name, by.at))
    return inspect_again(after) if event.outcome is CheckOutcome.HANDLED else after


def anew(secret: SecretState) -> SecretState:
    """The value was accepted again: an attacker may have made more since the last reading."""
    checks = {
        item: check if check.undo is not None else replace(reopened(check), found=(), read_at=None)
        for item, check in secret.checks.items()
    }
    return replace(secret, checks=checks, inspected_at=None)


def inspect_again(secret: SecretState) -> SecretState:
    """The machine reads again; people's answers stay unless it finds more."""
    return replace(secret, inspected_at=None)


def _siblings_seen(secret: SecretState, event: e.SiblingsSeen, by: By) -> SecretState:
    """Siblings accepted before the revocation are probed after it."""
    if event.after:
        return replace(secret, siblings=replace(secret.siblings, looks=secret.siblings.looks + 1))
    alive = frozenset(probe.subject for probe in event.probes if probe.liveness == "live")
    return replace(secret, siblings=replace(secret.siblings, seen_at=by.at, alive=alive))


def halted(incident: Incident, revoked: str, siblings: tuple[Probe, ...], at: datetime) -> Incident:
    """Stops everything if one of the siblings died."""
    died = [probe.subject for probe in siblings if probe.liveness == "dead"]
    if not died:
        return incident
    words = f"{', '.join(died)} was rejected after revoking {revoked}"
    halted = replace(incident, halted=words, halted_at=at)
    return worse(milestone(halted, Worse.HALTED), Worse.HALTED, at, routine=True)


def _usage(
    event: e.UsageRead, before: UsageState | None, seq: int, at: datetime, *, after_containment: bool
) -> UsageState:
    others = [read for read in event.reads if not read.by_bot]
    known = before.principals if before is not None else ()
    seen = {read.principal for read in others}
    ours = {name: why for name, why in before.ours.items() if name not in seen} if before is not None else {}
    return UsageState(
        seq=seq,
        at=at,
        source=event.source,
        since=event.since,
        until=event.until,
        events=len(others),
        by_bot=len(event.reads) - len(others),
        principals=tuple(sorted({*known, *seen})),
        not_visible=event.not_visible,
        truncated=event.truncated,
        after_containment=after_containment,
        dropped=event.dropped,
        ours={**ours, **event.ours},
    )
