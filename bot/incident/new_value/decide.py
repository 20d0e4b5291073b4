"""Decisions on a new value that waits: put it to use all the same, or do not use it."""

from __future__ import annotations

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.basis import one_human
from bot.incident.model import Actor, Right
from bot.incident.new_value.promotion import account_held, promotion_digest, promotion_held, readers_held
from bot.incident.refusals import Declined, clean, demand, secret_named
from bot.incident.state import Incident, SecretState

Events = tuple[e.Event, ...]


def use_value(incident: Incident, body: c.UseValue, actor: Actor) -> Events:
    """One responder may accept who can read it; that it may be another account's, only a second person."""
    secret = secret_named(incident, body.secret)
    if secret.new.verified_at is None or not promotion_held(incident, secret):
        raise Declined(f"{secret.name}: no new value waits for anybody's word.")
    if body.seen and body.seen != promotion_digest(incident, secret):
        raise Declined(f"{secret.name}: why its new value waits has changed since this was shown to you: look again.")
    if account_held(secret):
        _second(secret, actor)
    reason = clean(body.reason, "reason")
    readers = readers_held(incident, secret)
    return (e.ValueAllowed(secret.name, secret.new.fingerprint, reason, account_held(secret), readers),)


def _second(secret: SecretState, actor: Actor) -> None:
    demand(actor, Right.APPROVE)
    brought = secret.new.submitted_by
    if not one_human(brought):
        raise Declined(
            f"{brought} handed over the new {secret.name}, and is not in the people file: nobody can tell who is the "
            "second person. Somebody of that file must hand it over again."
        )
    if actor.name == brought:
        raise Declined(f"{actor.name} handed over the new {secret.name}, so cannot be the second person.")
    if not one_human(actor.name):
        raise Declined(f"{actor.name} is not in the people file, so cannot be told from whoever handed it over.")


def refuse_value(incident: Incident, body: c.RefuseValue) -> Events:
    """A value that was brought, and is not in its place: another one is awaited."""
    secret = secret_named(incident, body.secret)
    if not secret.new.staged or secret.new.promoted_at is not None:
        raise Declined(f"{secret.name}: no new value waits to be put in place.")
    if secret.new.source != "person":
        raise Declined(f"{secret.name}: its new value was made by the bot, at the old one's account.")
    if body.seen and body.seen != promotion_digest(incident, secret):
        raise Declined(f"{secret.name}: why its new value waits has changed since this was shown to you: look again.")
    return (e.ValueRefused(secret.name, secret.new.fingerprint, clean(body.reason, "reason")),)
