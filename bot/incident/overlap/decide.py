"""Decisions on strategies, and while a leaked value is kept alive: back to it, and forward again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.kills import kill_asked
from bot.incident.approval.plan import plan_of, same_end
from bot.incident.approval.proposals import EXTENSION, STRATEGY, propose
from bot.incident.approval.state import Proposal
from bot.incident.asked import Asked, Events
from bot.incident.changes import put, replace
from bot.incident.lanes import new_lane
from bot.incident.model import IfFailing, Right, Strategy
from bot.incident.new_value.decide import demand_not_promoting
from bot.incident.new_value.still_used import still_used
from bot.incident.overlap.commands import OverlapCommand
from bot.incident.overlap.rules import SERVES_FOR, not_rolled_back, overlapping, roll_back_failed
from bot.incident.overlap.strategy import no_overlap
from bot.incident.refusals import Declined, clean, demand, demand_responder, secret_named
from bot.incident.state import Incident, SecretState
from bot.incident.work.retries import failed_for_good


def decide(incident: Incident, body: OverlapCommand, asked: Asked) -> Events:
    demand_responder(incident, asked.actor)
    match body:
        case c.ChooseStrategy():
            return _choose_strategy(incident, body, asked)
        case c.RecordAbuse():
            return _abuse(incident, body, asked)
        case c.RollBack():
            return _roll_back(incident, body, asked.at)
        case c.ExtendRollBack():
            return _extend(incident, body, asked)
        case c.PromoteAgain():
            return _promote_again(incident, body)
        case c.MakeAnother():
            return _make_another(incident, body)
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


def _roll_back(incident: Incident, body: c.RollBack, at: datetime) -> Events:
    secret = secret_named(incident, body.secret)
    reason = clean(body.reason, "reason")
    if why := not_rolled_back(incident, secret, at):
        raise Declined(why)
    return (*failed_for_good(incident, new_lane(secret.name)), e.RollBackRequested(secret.name, reason))


def _extend(incident: Incident, body: c.ExtendRollBack, asked: Asked) -> Events:
    """A leaked value that serves production may do so for longer only with a second person's word."""
    secret = _extensible(incident, body.secret)
    return (propose(incident, EXTENSION, secret.name, clean(body.reason, "reason"), asked),)


def extension_agreed(incident: Incident, proposal: Proposal, asked: Asked) -> e.RollBackExtended:
    """From when it would have ended, or from now."""
    demand(asked.actor, Right.RESPOND)
    serves = _extensible(incident, proposal.subject).new.serves_until or asked.at
    until = max(serves, asked.at) + SERVES_FOR
    return e.RollBackExtended(proposal.subject, until, proposal.by, proposal.reason)


def _extensible(incident: Incident, name: str) -> SecretState:
    secret = secret_named(incident, name)
    if secret.new.serves_until is None:
        raise Declined(f"{secret.name} was not rolled back: there is no time to extend.")
    if not overlapping(secret):
        raise Declined(f"{secret.name}: its old value is to be ended at once, and must not serve any longer.")
    if secret.gone or secret.old.revoke_began_at is not None or secret.abused is not None:
        raise Declined(f"{secret.name}: its old value is {secret.old_state}, and must not serve any longer.")
    return secret


def _promote_again(incident: Incident, body: c.PromoteAgain) -> Events:
    """Also where putting the old value back has failed for good: what it has written is written over again."""
    secret = secret_named(incident, body.secret)
    if not roll_back_failed(incident, secret):
        _demand_rolled_back(secret)
    failed = failed_for_good(incident, new_lane(secret.name))
    if secret.new.rolled_back_at is None and secret.new.rolling_back is None and not failed:
        raise Declined(f"{secret.name}: its new value is about to be put in place again.")
    return (*failed, e.PromotionAsked(secret.name))


def _make_another(incident: Incident, body: c.MakeAnother) -> Events:
    """Not before all that reads it reads the old value again, while that lives: the new one may end with this."""
    secret = secret_named(incident, body.secret)
    _demand_rolled_back(secret)
    demand_not_promoting(incident, secret)
    if why := still_used(incident, secret):
        raise Declined(f"{secret.name}: {why}")
    return (*failed_for_good(incident, new_lane(secret.name)), e.AnotherAsked(secret.name))


def _demand_rolled_back(secret: SecretState) -> None:
    if secret.new.back_since is None:
        raise Declined(f"{secret.name}: its new value was not rolled back. It is {secret.new_state}.")
