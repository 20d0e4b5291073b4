"""Decisions on strategies, and the way back to a leaked key that is kept alive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.kills import kill_asked
from bot.incident.approval.offers import undecided
from bot.incident.approval.plan import plan_of, revoked_by_hand, same_end
from bot.incident.approval.proposals import STRATEGY, propose
from bot.incident.changes import put, replace
from bot.incident.commands import Asked, Events, OverlapCommand
from bot.incident.lanes import new_lane
from bot.incident.model import Right, Strategy
from bot.incident.offer import POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.overlap.rules import not_rolled_back, overlapping
from bot.incident.overlap.strategy import no_overlap
from bot.incident.refusals import Declined, clean, demand, demand_responder, secret_named
from bot.incident.state import Incident, Proposal, SecretState
from bot.incident.work.rules import failed_for_good


def decide(incident: Incident, body: OverlapCommand, asked: Asked) -> Events:
    demand_responder(incident, asked.actor)
    match body:
        case c.ChooseStrategy():
            return _choose_strategy(incident, body, asked)
        case c.RecordAbuse():
            return _abuse(incident, body, asked)
        case c.RollBack():
            return _roll_back(incident, body)
        case _:
            assert_never(body)


def _choose_strategy(incident: Incident, body: c.ChooseStrategy, asked: Asked) -> Events:
    secret = _choosable(incident, body.secret, body.strategy)
    reason = clean(body.reason, "reason")
    if body.strategy is Strategy.KILL_FIRST:
        chosen = e.StrategyChosen(secret.name, body.strategy, reason, asked.actor.recorded)
        if secret.revoked_by_person:
            return (chosen,)
        after = replace(secret, strategy=body.strategy)
        return chosen, kill_asked(put(incident, after), after, asked)
    return (propose(incident, STRATEGY, secret.name, reason, asked),)


def overlap_agreed(incident: Incident, proposal: Proposal, asked: Asked) -> e.StrategyChosen:
    """From now on the proposer's plan, with the actor's consent to it, including the revocation at its end."""
    demand(asked.actor, Right.RESPOND)
    secret = _choosable(incident, proposal.subject, Strategy.OVERLAP)
    if not same_end(incident, secret, proposal.end):
        raise Declined(f"The key of {secret.name} to revoke changed since this was proposed. Propose it again.")
    after = replace(secret, strategy=Strategy.OVERLAP, kill=None)
    return e.StrategyChosen(
        proposal.subject,
        Strategy.OVERLAP,
        proposal.reason,
        rights=asked.actor.recorded,
        proposer=proposal.by,
        proposer_rights=tuple(sorted(proposal.rights)),
        plan=plan_of(put(incident, after), after).digest,
        until=asked.at + timedelta(seconds=incident.timings.approval_expires),
    )


def _choosable(incident: Incident, name: str, strategy: Strategy) -> SecretState:
    """The secret, if it may have this strategy now: when it is proposed, and still when a second person agrees."""
    secret = secret_named(incident, name)
    if secret.strategy is strategy:
        raise Declined(f"{secret.name} is already set to {strategy.words}.")
    if secret.gone or secret.old.revoked_at is not None:
        raise Declined(f"{secret.name}: its old key is {secret.old_state}; the strategy no longer matters.")
    if strategy is Strategy.OVERLAP and (never := no_overlap(secret.entry, replace=secret.new.wanted)):
        raise Declined(f"{secret.name} cannot be replaced first: {never}.")
    if strategy is Strategy.OVERLAP and _ending(secret):
        raise Declined(
            f"{secret.name} cannot be replaced first: its revocation has begun, and the old key did not work since."
        )
    if strategy is Strategy.OVERLAP and secret.abused is not None:
        raise Declined(f"{secret.name} cannot be replaced first: {secret.abused.name} recorded abuse.")
    return secret


def _ending(secret: SecretState) -> bool:
    """Whether a revocation is in progress, or was made with an unknown result: it may not keep working."""
    began, seen = secret.old.revoke_began_at, secret.old.seen_alive_at
    return began is not None and (seen is None or seen <= began)


def _abuse(incident: Incident, body: c.RecordAbuse, asked: Asked) -> Events:
    """Abuse ends an overlap: recording it chooses revoke-first, and decides the revocation."""
    secret = secret_named(incident, body.secret)
    text = clean(body.text, "abuse")
    recorded = e.AbuseRecorded(secret.name, text)
    if not overlapping(secret) or secret.gone or secret.old.revoked_at is not None or secret.revoked_by_person:
        return (recorded,)
    chosen = e.StrategyChosen(secret.name, Strategy.KILL_FIRST, f"it is being abused: {text}", asked.actor.recorded)
    after = replace(secret, strategy=Strategy.KILL_FIRST)
    return recorded, chosen, kill_asked(put(incident, after), after, asked)


def _roll_back(incident: Incident, body: c.RollBack) -> Events:
    secret = secret_named(incident, body.secret)
    reason = clean(body.reason, "reason")
    if why := not_rolled_back(incident, secret):
        raise Declined(why)
    return (*failed_for_good(incident, new_lane(secret.name)), e.RollBackRequested(secret.name, reason))


# Offers of the other strategy, and of the way back while consumers fail.


def strategy(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Offer]:
    """The other strategy."""
    other = Strategy.OVERLAP if secret.strategy is Strategy.KILL_FIRST else Strategy.KILL_FIRST
    proposal = incident.proposal
    proposed = proposal is not None and proposal.what == STRATEGY and proposal.subject == secret.name
    useful = undecided(incident, secret, now) and not revoked_by_hand(incident, secret) and not proposed
    useful = useful and not incident.routine
    weaker = other is Strategy.OVERLAP
    who = (Who(frozenset({Right.RESPOND}), human=weaker),)
    reason = "to keep the old key until the new one is in use" if weaker else "to revoke the old key at once"
    body = c.ChooseStrategy(secret.name, other, "")
    yield Offer(c.ChooseStrategy, body, secret.name, reason, who, SENSIBLE if useful else POSSIBLE, secret.name)


def way_back(secret: SecretState) -> Iterator[Offer]:
    """While consumers fail, back to the old key; or an end to it at once, since it is in use."""
    name = secret.name
    urgent = SENSIBLE if secret.new.failing else POSSIBLE
    reason = "puts the OLD key back in place while it still works; pages if it is still in use after an hour"
    yield Offer(c.RollBack, c.RollBack(name, ""), name, reason, RESPONDER, urgent, name)
    reason = "if the old key is seen in use: that ends an overlap"
    ends = overlapping(secret) and not secret.gone and secret.old.revoked_at is None
    yield Offer(c.RecordAbuse, c.RecordAbuse(name, ""), name, reason, RESPONDER, SENSIBLE if ends else POSSIBLE, name)
