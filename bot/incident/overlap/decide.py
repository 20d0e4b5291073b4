"""Decisions while a leaked value is kept alive for its consumers' sake: back to it, and forward again."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import abuse, extend
from bot.incident.consumers.schedule import functions_ready
from bot.incident.lanes import new_lane
from bot.incident.model import Actor
from bot.incident.old_value.decide import failed_for_good
from bot.incident.overlap.rules import not_rolled_back
from bot.incident.refusals import Declined, clean, secret_named
from bot.incident.state import Incident, SecretState

Events = tuple[e.Event, ...]
Kept = c.ExcuseFailing | c.RollBack | c.PromoteAgain | c.MakeAnother | c.ExtendRollBack | c.RecordAbuse


def kept(incident: Incident, body: Kept, actor: Actor, at: datetime, free: int) -> Events:
    match body:
        case c.ExcuseFailing():
            return excuse(incident, body)
        case c.RollBack():
            return roll_back(incident, body, at)
        case c.PromoteAgain():
            return promote_again(incident, body)
        case c.MakeAnother():
            return make_another(incident, body)
        case c.ExtendRollBack():
            return extend(incident, body, actor, at)
        case c.RecordAbuse():
            return abuse(incident, body, actor, at, free)
        case _:
            assert_never(body)


def excuse(incident: Incident, body: c.ExcuseFailing) -> Events:
    """Only consumers that were not well before the new value either: what it broke is not excused."""
    secret = secret_named(incident, body.secret)
    reason = clean(body.reason, "reason")
    if not secret.new.failing:
        raise Declined(f"{secret.name}: no consumer fails with its new value.")
    excused = tuple(name for name in secret.new.failing if name in secret.new.unwell_before)
    if not excused:
        names = " and ".join(secret.new.failing)
        raise Declined(
            f"{names} {'was' if len(secret.new.failing) == 1 else 'were'} well before the new value of {secret.name}, "
            "or nobody had asked: that cannot be overruled."
        )
    return (e.FailingExcused(secret.name, excused, reason),)


def roll_back(incident: Incident, body: c.RollBack, at: datetime) -> Events:
    secret = secret_named(incident, body.secret)
    reason = clean(body.reason, "reason")
    if why := not_rolled_back(incident, secret, at):
        raise Declined(why)
    return (*failed_for_good(incident, new_lane(secret.name)), e.RollBackRequested(secret.name, reason))


def promote_again(incident: Incident, body: c.PromoteAgain) -> Events:
    secret = _rolled_back(incident, body.secret)
    return (*failed_for_good(incident, new_lane(secret.name)), e.PromotionAsked(secret.name))


def make_another(incident: Incident, body: c.MakeAnother) -> Events:
    """Not before every function reads the old value again: the new one may end with this."""
    secret = _rolled_back(incident, body.secret)
    if not functions_ready(incident, secret):
        raise Declined(f"{secret.name}: not every function reads the old value again yet. Wait for that.")
    return (*failed_for_good(incident, new_lane(secret.name)), e.AnotherAsked(secret.name))


def _rolled_back(incident: Incident, name: str) -> SecretState:
    secret = secret_named(incident, name)
    if secret.new.rolled_back_at is None:
        raise Declined(f"{secret.name}: its new value was not rolled back. It is {secret.new_state}.")
    return secret
