"""Decisions on how an incident begins, and on secrets that are added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as with_fields
from datetime import datetime
from typing import assert_never

import msgspec

from bot.errors import Misuse
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.basis import playbook_asks
from bot.incident.approval.kills import kills_declared
from bot.incident.commands import Asked, DeclarationCommand, Events
from bot.incident.handover import unmergeable
from bot.incident.model import EARLIER, Actor, Right, StepState, Strategy, Target, TargetKind
from bot.incident.obligations.rules import aware_at
from bot.incident.offer import POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.refusals import Declined, demand_responder, when
from bot.incident.state import Handed, Incident, Step
from bot.incident.steps.decide import tasks_of
from bot.incident.steps.evolve import in_turn
from bot.incident.steps.rules import within_reach
from bot.incident.told import Begun, checked
from bot.model.frozen import fields_of
from bot.model.secrets import SecretEntry
from bot.secrets.keyshapes import redact

FEW = 3
"""An incident with at most this many secrets is named after them."""


def declare(body: c.Declare, asked: Asked) -> Events:
    """The declaration, its secrets, the tasks of its open steps, and the revocations that its
    responder decides by it. Misuse for a text or time that cannot be recorded.
    """
    wanted = {one.secret.name: one for one in body.secrets}
    try:
        events: list[e.Event] = [_declared(body, asked.at)]
    except Declined as declined:
        raise Misuse(str(declined)) from None
    events += [event for one in wanted.values() for event in _added(one, asked.actor)]
    owner = asked.actor.name if asked.actor.may(Right.RESPOND) else ""
    opened = [step.definition for step in in_turn(map(Step, body.playbook.steps)) if step.state is StepState.OPEN]
    titles = [(step, title) for step in opened for title in step.tasks]
    events += tasks_of(titles, owner, body.timings, (asked.at, asked.at))
    if body.playbook.kind.planned or not asked.actor.may(Right.RESPOND):
        return tuple(events)  # in a planned rotation no one decides a revocation alone
    kills = tuple(entry for one in wanted.values() for entry in _killed(one))
    return (*events, *kills_declared(kills, asked.actor, asked.free, asks=playbook_asks(body.playbook)))


def _declared(body: c.Declare, at: datetime) -> e.IncidentDeclared:
    public = body.public and not body.playbook.kind.planned
    given = fields_of(body, Begun) | {"title": _title(body), "public": public} | checked(body, at)
    return e.IncidentDeclared(**given, incident=body.incident, leaver=body.leaver)


def _title(body: c.Declare) -> str:
    if body.leaver is not None:
        return f"{body.leaver.name} leaves"
    names = [one.secret.name for one in body.secrets]
    few = ", ".join(names) if len(names) <= FEW else f"{len(names)} {body.environment} secrets"
    return f"{few} {'rotated' if body.playbook.kind.planned else 'compromised'}"


def decide(incident: Incident, body: DeclarationCommand, asked: Asked) -> Events:
    match body:
        case c.Declare():
            return ()  # a redelivery: it is declared
        case c.AddSecret():
            demand_responder(incident, asked.actor)
            return _add_secret(incident, body.wanted, asked)
        case c.TakeIn():
            demand_responder(incident, asked.actor)
            return _take_in(incident, body, asked)
        case _:
            assert_never(body)


def _added(wanted: c.Wanted, actor: Actor) -> Events:
    """The secret, with what a run knew of it; and the value before the leaked one, where that has to end as well."""
    reason, known = redact(wanted.reason), wanted.handed
    added = e.SecretAdded(wanted.secret, wanted.target, _strategy(wanted), reason, wanted.replace, actor.recorded)
    if known is None:
        return (added,)
    taken = e.TakenOver(wanted.secret.name, with_fields(known, earlier=None))
    before = _earlier(wanted)
    if before is None or known.earlier is None:
        return (added, taken)
    target = Target(TargetKind.CONFIRMED, known.earlier.fingerprint, current=False)
    words = f"{known.run} was replacing it; it was not dead when the next key leaked"
    if wanted.strategy is Strategy.OVERLAP:
        words += "; before you revoke it, check whether anything still reads it"
    return (
        added,
        taken,
        e.SecretAdded(before, target, Strategy.KILL_FIRST, words, replace=False, rights=actor.recorded),
        e.TakenOver(before.name, Handed(before.name, known.run, known.earlier)),
    )


def _strategy(wanted: c.Wanted) -> Strategy:
    """Nothing overlaps where no new key comes: it ends at once, and not before someone has decided that."""
    comes = wanted.replace or (wanted.handed is not None and wanted.handed.new is not None)
    return wanted.strategy if comes else Strategy.KILL_FIRST


def _earlier(wanted: c.Wanted) -> SecretEntry | None:
    """The entry of the value before the leaked one, with no readers, or not for long."""
    known, entry = wanted.handed, wanted.secret
    if known is None or known.earlier is None:
        return None
    title = f"{entry.title}, the key before"
    return msgspec.structs.replace(entry, name=f"{entry.name}{EARLIER}", title=title, consumers=(), copies=())


def _killed(wanted: c.Wanted) -> tuple[SecretEntry, ...]:
    """What the declaration revokes without another person's agreement. In an overlap the value before the leaked one is
    not included: it may still be in use.
    """
    if wanted.strategy is not Strategy.KILL_FIRST:
        return ()
    before = _earlier(wanted)
    return (wanted.secret,) if before is None else (wanted.secret, before)


def _take_in(incident: Incident, body: c.TakeIn, asked: Asked) -> Events:
    """All of a duplicate's secrets, as if each was added; and the earlier of the times at which the leaks began."""
    events: list[e.Event] = [event for one in body.wanted for event in _added(one, asked.actor)]
    kills = tuple(entry for one in body.wanted for entry in _killed(one))
    events += kills_declared(kills, asked.actor, asked.free, asks=playbook_asks(incident.playbook))
    reason = f"{body.duplicate} was merged into this incident"
    if body.aware_at < aware_at(incident):
        events.append(e.AwarenessRecorded(body.aware_at, reason))
    if body.exposed_at is not None and (incident.exposed_at is None or body.exposed_at < incident.exposed_at):
        events.append(e.ExposureRecorded(body.exposed_at, reason))
    return tuple(events)


def _add_secret(incident: Incident, wanted: c.Wanted, asked: Asked) -> Events:
    name = wanted.secret.name
    if name in incident.secrets:
        by = incident.secrets[name].added
        raise Declined(f"{name} is already part of {incident.id}: it was added {when(by)}.")
    added, killed = _added(wanted, asked.actor), _killed(wanted)
    if incident.routine:
        return added  # no one decides a revocation alone
    # As at the declaration: who adds a secret as revoke-first has decided to kill it.
    return (*added, *kills_declared(killed, asked.actor, asked.free, asks=playbook_asks(incident.playbook)))


# Offers of more secrets.


def more_secrets(incident: Incident) -> Iterator[Offer]:
    here = {f"{name} ({incident.environment})" for name in incident.secrets}
    shared = sorted({name for secret in incident.secrets.values() for name in secret.old.shared} - here)
    reason = f"the same key leaked in {', '.join(shared)}" if shared else "if another secret was in the same place"
    found = "; ".join(words for _, words in within_reach(incident)) or reason
    yield Offer(c.AddSecret, None, "", found, RESPONDER, SENSIBLE if shared or found != reason else POSSIBLE)
    if not unmergeable(incident):
        yield Offer(c.Merge, None, "", "if another open incident is about the same leak", RESPONDER)
