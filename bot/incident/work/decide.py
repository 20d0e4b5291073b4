"""Decisions on the worker's commands: who gets a lane, whose result counts, and which deadlines have come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.commands import Asked, Events, WorkCommand
from bot.incident.deadlines import come
from bot.incident.evolve import evolve
from bot.incident.lanes import (
    HALT,
    Lane,
    access_lane,
    delete_lane,
    function_lane,
    new_lane,
    old_lane,
    usage_lane,
    use_lane,
)
from bot.incident.model import Right
from bot.incident.offer import NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.old_value.decide import after_probe
from bot.incident.operations import Claim, Op
from bot.incident.overlap.rules import held_by_readers, readers_words
from bot.incident.refusals import demand
from bot.incident.schedule import next_in
from bot.incident.state import Incident, SecretState
from bot.incident.work.rules import incomplete_lanes, lane_of, retry, waits_for_retry


def decide(incident: Incident, body: WorkCommand, asked: Asked) -> Events:
    match body:
        case c.Begin():
            return _begin(incident, body, asked.at)
        case c.Finish():
            return _finish(incident, body, asked.at)
        case c.Tick():
            return come(incident, asked.at)
        case c.NoteLoss():
            told = body.losses is not None and body.losses < incident.losses
            return () if told else (e.RecordsLost(body.head, body.backup_at),)
        case c.Retry():
            demand(asked.actor, Right.RESPOND)
            return retry(incident, body)
        case _:
            assert_never(body)


def _begin(incident: Incident, body: c.Begin, at: datetime) -> Events:
    """A claim on a free lane with ready work, or on a dead worker's lane; nothing if that is no longer so.

    A revocation begins only if it was requested: its consent is checked just before. It does not automatically follow
    other work of a dead worker, whose lane is then free for it.
    """
    events: list[e.Event] = []
    held = incident.lane(body.work.lane).claim
    if held is not None:
        if body.instead_of != held.number:
            return ()
        lost = e.ClaimLost(held.number, held.op, held.lane)
        events.append(lost)
        incident = evolve(incident, e.Recorded(incident.seq + 1, at, "bot", lost))
    work = next_in(body.work.lane, incident, at)
    if work is None:
        return tuple(events)
    if (held is None or work.op is Op.REVOKE) and (work.op, work.subject, work.detail) != _key(body):
        return tuple(events)
    claim = Claim(incident.claims + 1, work.op, work.lane, work.subject, work.attempt, body.worker, work.detail)
    return (*events, e.OperationStarted(claim))


def _key(body: c.Begin) -> tuple[Op, str, str]:
    return body.work.op, body.work.subject, body.work.detail


def _finish(incident: Incident, body: c.Finish, at: datetime) -> Events:
    """The outcome, if its claim still holds, and what follows from it; else a refusal that leads to a sweep."""
    outcome = body.outcome
    if lane_of(incident, outcome.claim) is None:
        return (e.OutcomeRefused(outcome.claim, _op_of(outcome), body.lane),)
    events: list[e.Event] = [outcome]
    if isinstance(outcome, e.OldCaptured) and outcome.own:
        events.append(e.OwnCredentialConcerned(outcome.secret, outcome.own))
    if isinstance(outcome, e.OldProbed):
        events += after_probe(incident, outcome, at)
    return tuple(events)


def _op_of(outcome: e.Outcome) -> Op:
    """Which operation a late outcome belongs to, as far as it matters: it may have left a key, or revoked one."""
    match outcome:
        case e.OperationFailed() | e.OperationYielded():
            return outcome.op
        case e.ValueStaged() | e.OrphansFound() | e.Swept():
            return Op.ISSUE
        case e.AccessRevoked() | e.RevocationNeedsOwner():
            return Op.REVOKE
        case _:
            return Op.PROVE


# Offers to try again.


def of_secret(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    """A retry of each of the secret's lanes that waits for one; of what merely can be read again, when asked."""
    for lane in own_lanes(secret):
        waits = incident.lane(lane).failed_for_good or waits_for_retry(secret, lane)
        if waits or lane == access_lane(secret.name):
            why, urgency = _why_again(incident, secret, lane), NEEDED if waits else POSSIBLE
            yield Offer(c.Retry, c.Retry(lane), str(lane), why, RESPONDER, urgency, secret.name)
    for name in held_by_readers(incident, secret):
        lane = function_lane(name)
        urgency = NEEDED if secret.held_at is not None else SENSIBLE
        reason = readers_words(incident, [name])
        yield Offer(c.Retry, c.Retry(lane), str(lane), reason, RESPONDER, urgency, secret.name)


def own_lanes(secret: SecretState) -> tuple[Lane, ...]:
    """The lanes that work for this secret alone."""
    return tuple(kind(secret.name) for kind in (old_lane, new_lane, access_lane, delete_lane, usage_lane, use_lane))


def _of_a_secret(incident: Incident, lane: Lane) -> bool:
    secret = incident.secrets.get(lane.subject)
    return secret is not None and lane in own_lanes(secret)


def _why_again(incident: Incident, secret: SecretState, lane: Lane) -> str:
    failure = incident.lane(lane).failure
    if failure is not None and failure.final:
        return failure.message
    if lane == old_lane(secret.name):
        again = "check again whether it is rejected" if secret.revoked_by_person else "revoke it again"
        return f"it was revoked and is not confirmed dead: {again}"
    if lane == new_lane(secret.name) and secret.new.failing:
        return f"{' and '.join(secret.new.failing)} fail with the new key: check them now"
    if lane == new_lane(secret.name) and not secret.new.rejected:
        serves = "its old key is revoked" if secret.gone else "the old key is in production"
        return f"{serves}: put {'the new key in place again' if secret.new.staged else 'another one in its place'}"
    if lane == new_lane(secret.name):
        return f"the new key was rejected ({secret.new.rejected}): make another one"
    return "to make the bot check again"


def of_incident(incident: Incident) -> Iterator[Offer]:
    """Permanent failures without a secret, all of them together, and going on after a halt."""
    if incident.halted:
        reason = f"everything is halted: {incident.halted}. Check, then continue"
        yield Offer(c.Retry, c.Retry(HALT), str(HALT), reason, RESPONDER, NEEDED)
    for lane, state in incident.lanes.items():
        if state.failure is not None and state.failure.final and not _of_a_secret(incident, lane):
            yield Offer(c.Retry, c.Retry(lane), str(lane), state.failure.message, RESPONDER, NEEDED)
    for lane in incomplete_lanes(incident):
        reason = readers_words(incident, [lane.subject])
        yield Offer(c.Retry, c.Retry(lane), str(lane), reason, RESPONDER)
    yield Offer(c.Retry, c.Retry(), "", "to retry what failed", RESPONDER)
