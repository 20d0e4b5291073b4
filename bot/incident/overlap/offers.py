"""Offers of the other strategy, of the way back while consumers fail, and forward again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import commands as c
from bot.incident.approval.offers import undecided
from bot.incident.approval.plan import revoked_by_hand
from bot.incident.approval.proposals import STRATEGY
from bot.incident.model import IfFailing, Right, Strategy
from bot.incident.offer import NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.overlap.rules import overlapping, roll_back_failed, serves_again
from bot.incident.state import Incident, SecretState


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


def way_back(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    """While consumers fail, back to the old value; and forward again."""
    name, back = secret.name, serves_again(incident, secret)
    urgent = SENSIBLE if secret.new.failing else POSSIBLE
    reason = "puts the OLD value back in place while it still lives, for an hour: people are woken every hour"
    yield Offer(c.RollBack, c.RollBack(name, ""), name, reason, RESPONDER, urgent, name)
    failed = roll_back_failed(incident, secret)
    needed = NEEDED if back or failed else POSSIBLE
    ended = "its old value has ended, and the new one is not in place"
    serves = ended if secret.gone else "the old key serves production"
    stopped = "putting the old key back has failed" if failed else serves
    reason = f"{stopped}: put the new value in place again"
    yield Offer(c.PromoteAgain, c.PromoteAgain(name), name, reason, RESPONDER, needed, name)
    reason = f"{serves}: have another new value made"
    yield Offer(c.MakeAnother, c.MakeAnother(name), name, reason, RESPONDER, SENSIBLE if back else POSSIBLE, name)
    human = (Who(frozenset({Right.RESPOND}), human=True),)
    reason = "lets the old key serve for another hour; a second person must agree"
    yield Offer(c.ExtendRollBack, c.ExtendRollBack(name, ""), name, reason, human, SENSIBLE if back else POSSIBLE, name)
    reason = "if the old value is seen in use: that ends an overlap"
    ends = overlapping(secret) and not secret.gone and secret.old.revoked_at is None
    yield Offer(c.RecordAbuse, c.RecordAbuse(name, ""), name, reason, RESPONDER, SENSIBLE if ends else POSSIBLE, name)
