"""Decisions on how an incident begins, and on secrets that are added."""

from __future__ import annotations

from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.basis import playbook_asks
from bot.incident.approval.kills import kills_declared
from bot.incident.asked import Asked, Events
from bot.incident.declaration.commands import DeclarationCommand
from bot.incident.model import Actor, Right, Strategy
from bot.incident.refusals import Declined, demand_responder, when
from bot.incident.state import Incident
from bot.incident.steps.decide import started
from bot.keyshapes import redact
from bot.model.playbooks import RunKind


def declare(body: c.Declare, asked: Asked) -> Events:
    """The declaration, its secrets, the first step begun, and the kills that its responder has decided by it."""
    declared = e.IncidentDeclared(
        incident=body.incident,
        environment=body.environment,
        title=body.title,
        notice=body.notice,
        public=body.public,
        playbook=body.playbook,
        timings=body.timings,
        detected_at=body.detected_at,
        exposed_at=body.exposed_at,
        slack_untrusted=body.slack_untrusted,
        obligations=body.obligations,
        standing=body.standing,
        left_alone=body.left_alone,
    )
    wanted = {one.secret.name: one for one in body.secrets}
    events: list[e.Event] = [declared]
    events += [_added(one, asked.actor) for one in wanted.values()]
    if body.playbook.steps:
        events += started(body.playbook.steps[0], asked.actor.name, 0)
    if body.playbook.kind is RunKind.ROTATION or not asked.actor.may(Right.RESPOND):
        return tuple(events)  # in a planned rotation nobody decides a kill alone
    kills = tuple(one.secret for one in wanted.values() if one.strategy is Strategy.KILL_FIRST)
    return (*events, *kills_declared(kills, asked.actor, asked.free, asks=playbook_asks(body.playbook)))


def decide(incident: Incident, body: DeclarationCommand, asked: Asked) -> Events:
    match body:
        case c.Declare():
            return ()  # a redelivery: it is declared
        case c.AddSecret():
            demand_responder(incident, asked.actor)
            return _add_secret(incident, body, asked)
        case _:
            assert_never(body)


def _added(wanted: c.Wanted, actor: Actor) -> e.SecretAdded:
    reason = redact(wanted.reason)
    return e.SecretAdded(
        wanted.secret, wanted.target, wanted.strategy, reason, wanted.replace, actor.recorded, wanted.if_failing
    )


def _add_secret(incident: Incident, body: c.AddSecret, asked: Asked) -> Events:
    name = body.wanted.secret.name
    if name in incident.secrets:
        by = incident.secrets[name].added
        raise Declined(f"{name} is part of {incident.id} already: it was added {when(by)}.")
    added = _added(body.wanted, asked.actor)
    if body.wanted.strategy is not Strategy.KILL_FIRST:
        return (added,)
    # As at the declaration: who adds a secret as kill-first has decided to kill it.
    kill = kills_declared((body.wanted.secret,), asked.actor, asked.free, asks=playbook_asks(incident.playbook))
    return (added, *kill)
