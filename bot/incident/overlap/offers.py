"""Offers of the other strategy, and of the way back while consumers fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import commands as c
from bot.incident.approval.offers import undecided
from bot.incident.approval.plan import revoked_by_hand
from bot.incident.approval.proposals import STRATEGY
from bot.incident.model import IfFailing, Right, Strategy
from bot.incident.offer import POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.overlap.rules import overlapping
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
