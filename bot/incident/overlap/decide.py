"""Decisions on strategies, and the way back to a leaked value that is kept alive."""

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
from bot.incident.asked import Asked, Events
from bot.incident.changes import put, replace
from bot.incident.commands import OverlapCommand
from bot.incident.lanes import new_lane
from bot.incident.model import IfFailing, Right, Strategy
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
    secret = _choosable(incident, body.secret, body.strategy, body.if_failing)
    reason = clean(body.reason, "reason")
    if body.strategy is Strategy.KILL_FIRST:
        chosen = e.StrategyChosen(secret.name, body.strategy, reason, asked.actor.recorded)
        if secret.revoked_by_person:
            return (chosen,)
        after = replace(secret, strategy=body.strategy)
        return chosen, kill_asked(put(incident, after), after, asked)
    if secret.strategy is Strategy.OVERLAP and body.if_failing is IfFailing.END:
        return (e.StrategyChosen(secret.name, body.strategy, reason, asked.actor.recorded, if_failing=body.if_failing),)
    return (propose(incident, STRATEGY, secret.name, reason, asked, body.if_failing),)


def overlap_agreed(incident: Incident, proposal: Proposal, asked: Asked) -> e.StrategyChosen:
    """The proposer's plan from now on, and the actor's consent to it: to the kill at its end, too."""
    demand(asked.actor, Right.RESPOND)
    secret = _choosable(incident, proposal.subject, Strategy.OVERLAP, proposal.if_failing)
    if not same_end(incident, secret, proposal.end):
        raise Declined(f"Which key of {secret.name} is revoked has changed since this was proposed: propose it again.")
    after = replace(secret, strategy=Strategy.OVERLAP, kill=None, if_failing=proposal.if_failing)
    return e.StrategyChosen(
        proposal.subject,
        Strategy.OVERLAP,
        proposal.reason,
        rights=asked.actor.recorded,
        proposer=proposal.by,
        proposer_rights=tuple(sorted(proposal.rights)),
        plan=plan_of(put(incident, after), after).digest,
        until=asked.at + timedelta(seconds=incident.timings.approval_expires),
        if_failing=proposal.if_failing,
    )


def _choosable(incident: Incident, name: str, strategy: Strategy, if_failing: IfFailing) -> SecretState:
    """The secret, if it may have this strategy now: when it is proposed, and still when a second person agrees."""
    secret = secret_named(incident, name)
    if secret.strategy is strategy and (secret.if_failing is if_failing or not overlapping(secret)):
        raise Declined(f"{secret.name} is on {strategy} already.")
    if secret.gone or secret.old.revoked_at is not None:
        raise Declined(f"{secret.name}: its old value is {secret.old_state}; the strategy no longer matters.")
    if strategy is Strategy.OVERLAP and (never := no_overlap(secret.entry, replace=secret.new.wanted)):
        raise Declined(f"{secret.name} cannot overlap: {never}.")
    if strategy is Strategy.OVERLAP and _ending(secret):
        raise Declined(
            f"{secret.name} cannot overlap: its end has begun, and no look has seen its old value alive since."
        )
    if strategy is Strategy.OVERLAP and secret.abused is not None:
        raise Declined(f"{secret.name} cannot overlap: {secret.abused.name} has recorded that it is being abused.")
    return secret


def _ending(secret: SecretState) -> bool:
    """Whether a revocation is being made, or was and nobody knows how far it got: nothing promises that it lives on."""
    began, seen = secret.old.revoke_began_at, secret.old.seen_alive_at
    return began is not None and (seen is None or seen <= began)


def _abuse(incident: Incident, body: c.RecordAbuse, asked: Asked) -> Events:
    """Abuse ends an overlap: whoever records it has chosen to kill first, and has decided on the kill."""
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
    """The other strategy; and the other choice for the end of an overlap while consumers fail."""
    other = Strategy.OVERLAP if secret.strategy is Strategy.KILL_FIRST else Strategy.KILL_FIRST
    proposal = incident.proposal
    proposed = proposal is not None and proposal.what == STRATEGY and proposal.subject == secret.name
    useful = undecided(incident, secret, now) and not revoked_by_hand(incident, secret) and not proposed
    useful = useful and not incident.routine
    weaker = other is Strategy.OVERLAP
    who = (Who(frozenset({Right.RESPOND}), human=weaker),)
    reason = "if the old value is to live until the new one does" if weaker else "if the old value is to end at once"
    body = c.ChooseStrategy(secret.name, other, "")
    yield Offer(c.ChooseStrategy, body, secret.name, reason, who, SENSIBLE if useful else POSSIBLE, secret.name)
    body = c.ChooseStrategy(secret.name, Strategy.OVERLAP, "", IfFailing.END)
    if weaker:
        reason = "the same, and the old value ends even while consumers fail with the new one"
        yield Offer(c.ChooseStrategy, body, secret.name, reason, who, POSSIBLE, secret.name)
    elif secret.if_failing is IfFailing.KEEP:
        reason = "if the old value is to end after the overlap even while consumers fail with the new one"
        yield Offer(c.ChooseStrategy, body, secret.name, reason, RESPONDER, POSSIBLE, secret.name)
    else:
        reason = "if the old value is to be kept while consumers fail with the new one"
        kept = c.ChooseStrategy(secret.name, Strategy.OVERLAP, "")
        human = (Who(frozenset({Right.RESPOND}), human=True),)
        yield Offer(c.ChooseStrategy, kept, secret.name, reason, human, POSSIBLE, secret.name)


def way_back(secret: SecretState) -> Iterator[Offer]:
    """While consumers fail, back to the old value; or an end to it at once, since it is in use."""
    name = secret.name
    urgent = SENSIBLE if secret.new.failing else POSSIBLE
    reason = (
        "puts the OLD value back in place while it still works; people are woken if it is still in use after an hour"
    )
    yield Offer(c.RollBack, c.RollBack(name, ""), name, reason, RESPONDER, urgent, name)
    reason = "if the old value is seen in use: that ends an overlap"
    ends = overlapping(secret) and not secret.gone and secret.old.revoked_at is None
    yield Offer(c.RecordAbuse, c.RecordAbuse(name, ""), name, reason, RESPONDER, SENSIBLE if ends else POSSIBLE, name)
