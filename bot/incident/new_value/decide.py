"""Decisions on the replacement: that one is wanted or brought, and whether one that waits is used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.proposals import SCOPES, propose
from bot.incident.commands import Asked, Events, NewValueAnswer, NewValueCommand
from bot.incident.departure.rules import before_agreement
from bot.incident.lanes import new_lane
from bot.incident.model import Actor, Right
from bot.incident.new_value.promotion import (
    account_held,
    awaits_person,
    making_held,
    promotion_digest,
    promotion_held,
    promotion_words,
    readers_held,
)
from bot.incident.offer import HUMAN_RESPONDER, NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.operations import OPERATIONS, Op
from bot.incident.refusals import Declined, clean, demand, demand_replaced, demand_responder, secret_named
from bot.incident.state import Incident, Proposal, SecretState
from bot.incident.two_people import demand_other, listed
from bot.incident.work.rules import failed_for_good
from bot.model.places import IN_INBOX, inbox_of
from bot.model.providers import provider_name


def decide(incident: Incident, body: NewValueCommand | NewValueAnswer, asked: Asked) -> Events:
    demand_responder(incident, asked.actor)
    match body:
        case c.AskReplacement():
            secret = secret_named(incident, body.secret)
            demand_replaced(secret)
            return () if secret.new.wanted else (e.ReplacementAsked(body.secret, asked.actor.recorded),)
        case c.ChooseScopes():
            return _scopes(incident, body, asked)
        case c.AnnounceSubmission():
            return _announce(incident, body, asked.actor)
        case c.UseValue():
            return _use(incident, body, asked.actor)
        case c.RefuseValue():
            return _refuse(incident, body)
        case _:
            assert_never(body)


def _scopes(incident: Incident, body: c.ChooseScopes, asked: Asked) -> Events:
    """Rights that were not read from the old key may exceed it: a second person must agree."""
    secret = _without_scopes(incident, body.secret)
    if not body.scopes:
        raise Declined("Name at least one scope. No scopes would mean all rights.")
    scopes = tuple(clean(scope, "scope") for scope in body.scopes)
    reason = clean(f"the old key's rights could not be read; the new one gets: {', '.join(scopes)}", "list of scopes")
    return (propose(incident, SCOPES, secret.name, reason, asked, items=scopes),)


def scopes_agreed(incident: Incident, proposal: Proposal) -> Events:
    """The scopes as they were proposed, while they are still in question."""
    secret = _without_scopes(incident, proposal.subject)
    return (e.ScopesChosen(secret.name, proposal.items), e.OperationRetried(new_lane(secret.name)))


def _without_scopes(incident: Incident, name: str) -> SecretState:
    secret = secret_named(incident, name)
    if secret.old.scopes_known or not secret.entry.capabilities.copies_scopes:
        raise Declined(f"{secret.name}: its scopes need no choice.")
    if secret.old.snapshot is None and secret.old.revoked_at is None:
        raise Declined(f"{secret.name}: its scopes are still being read; choose them if that fails.")
    return secret


def _announce(incident: Incident, body: c.AnnounceSubmission, actor: Actor) -> Events:
    secret = secret_awaited(incident, body.secret)
    if not re.fullmatch(IN_INBOX, body.token):
        raise Declined(f"{secret.name}: hand over a new key with `bot submit {incident.id} {secret.name}`.")
    retried = failed_for_good(incident, new_lane(secret.name))
    inbox = f"{inbox_of(incident.id, secret.name)}/{body.token}"
    return (e.SubmissionAnnounced(secret.name, inbox, actor.recorded, _called_for(incident, secret)), *retried)


def secret_awaited(incident: Incident, name: str) -> SecretState:
    """The secret, if a person may submit a new key for it now. Call this before asking for one."""
    secret = secret_named(incident, name)
    demand_replaced(secret)
    if before := before_agreement(incident, secret):
        raise Declined(f"{secret.name}: no new key is accepted {before}.")
    if secret.new.promoted_at is not None:
        raise Declined(f"{secret.name}: a new key was already put in place at {secret.new.promoted_at:%H:%M:%S} UTC.")
    demand_not_promoting(incident, secret)
    return secret


def _called_for(incident: Incident, secret: SecretState) -> bool:
    """Whether people were paged for what a new key solves: none could be made or used, or there was no comparison key
    for the old one.
    """
    failure = incident.lane(new_lane(secret.name)).failure
    stopped = failure is not None and failure.final and OPERATIONS[failure.op].wakes
    return stopped or secret.new.held or (secret.old.overdue and secret.provable)


def _use(incident: Incident, body: c.UseValue, actor: Actor) -> Events:
    """One responder may accept its possible readers; only a second person may accept a possible other account."""
    secret = secret_named(incident, body.secret)
    waits = secret.new.verified_at is not None and promotion_held(incident, secret)
    if not waits and not making_held(incident, secret):
        raise Declined(f"{secret.name}: no new key waits for a decision.")
    if body.seen and body.seen != promotion_digest(incident, secret):
        raise Declined(f"{secret.name}: the reason why the new key waits changed since you saw it. Look again.")
    if account_held(secret):
        _second(secret, actor)
    reason = clean(body.reason, "reason")
    readers = readers_held(incident, secret)
    return (e.ValueAllowed(secret.name, secret.new.fingerprint, reason, account_held(secret), readers),)


def _second(secret: SecretState, actor: Actor) -> None:
    demand(actor, Right.APPROVE)
    brought = secret.new.submitted_by
    if not listed(brought):
        raise Declined(
            f"{brought} handed over the new {secret.name} and is not in the people file. A person in that file must "
            "hand it over again."
        )
    demand_other(actor, {brought}, did=f"handed over the new {secret.name}")


def _refuse(incident: Incident, body: c.RefuseValue) -> Events:
    """A value that was brought, and is not in its place: another one is awaited."""
    secret = secret_named(incident, body.secret)
    if not secret.new.staged or secret.new.promoted_at is not None:
        raise Declined(f"{secret.name}: no new key waits to be put in place.")
    demand_not_promoting(incident, secret)
    if secret.new.source != "person":
        raise Declined(f"{secret.name}: the bot made the new key, in the old key's account.")
    if body.seen and body.seen != promotion_digest(incident, secret):
        raise Declined(f"{secret.name}: the reason why the new key waits changed since you saw it. Look again.")
    return (e.ValueRefused(secret.name, secret.new.fingerprint, clean(body.reason, "reason")),)


def demand_not_promoting(incident: Incident, secret: SecretState) -> None:
    """Refused while the value is being written into its parameters, which cannot be stopped or replaced."""
    claim = incident.lane(new_lane(secret.name)).claim
    if claim is not None and claim.op is Op.PROMOTE:
        raise Declined(f"{secret.name}: the new key is being put in place right now. Wait for the result.")


# Offers about the replacement: bring one, use one that waits, have one made, choose its scopes.


_APPROVE = frozenset({Right.RESPOND, Right.APPROVE})


def submission(incident: Incident, secret: SecretState) -> Offer:
    owed = awaits_person(incident, secret)
    guide = secret.by_hand.issue or f"make a new one in {provider_name(secret.entry.provider)}'s console"
    body = c.AnnounceSubmission(secret.name, "")
    reason = f"to bring a new key: {guide.strip()}"
    return Offer(c.AnnounceSubmission, body, secret.name, reason, RESPONDER, NEEDED if owed else POSSIBLE, secret.name)


def waiting_value(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    """A verified value that is held: use it anyway, or refuse it."""
    words, seen = promotion_words(incident, secret), promotion_digest(incident, secret)
    who, reason = RESPONDER, "; ".join(words) or "to put the new key in place anyway"
    if account_held(secret):
        who = (Who(_APPROVE, frozenset({secret.new.submitted_by}), human=True),)
    urgency = NEEDED if words else POSSIBLE
    yield Offer(c.UseValue, c.UseValue(secret.name, "", seen), secret.name, reason, who, urgency, secret.name)
    reason = "if the new key is not ours: the bot then waits for another one"
    urgency = NEEDED if account_held(secret) else POSSIBLE
    yield Offer(
        c.RefuseValue, c.RefuseValue(secret.name, "", seen), secret.name, reason, RESPONDER, urgency, secret.name
    )


def replacement(secret: SecretState) -> Offer:
    waits = secret.entry.capabilities.revoke_needs_replacement and not secret.gone and secret.old.revoked_at is None
    reason = "its provider revokes the old key only for a new one" if waits else "to replace it anyway"
    urgency = NEEDED if waits and not secret.new.wanted else SENSIBLE if not secret.new.wanted else POSSIBLE
    return Offer(c.AskReplacement, c.AskReplacement(secret.name), secret.name, reason, RESPONDER, urgency, secret.name)


def scopes(incident: Incident, secret: SecretState) -> Offer:
    lane = incident.lane(new_lane(secret.name))
    unread = lane.failing(Op.READ_SCOPES, "") is not None and not secret.new.staged
    urgency = NEEDED if unread and lane.failed_for_good else SENSIBLE if unread else POSSIBLE
    reason = "the old key's rights are unknown: choose the rights of the new one"
    body = c.ChooseScopes(secret.name, ())
    return Offer(c.ChooseScopes, body, secret.name, reason, HUMAN_RESPONDER, urgency, secret.name)
