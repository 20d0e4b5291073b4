"""Offers about the replacement: bring one, use one that waits, have one made, choose its scopes."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.departure.rules import before_agreement
from bot.incident.lanes import new_lane
from bot.incident.model import New, Right
from bot.incident.new_value.promotion import account_held, making_held, promotion_digest, promotion_words
from bot.incident.offer import HUMAN_RESPONDER, NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer, Who
from bot.incident.operations import Op
from bot.incident.state import Incident, SecretState
from bot.model.providers import provider_name

_APPROVE = frozenset({Right.RESPOND, Right.APPROVE})


def submission(incident: Incident, secret: SecretState) -> Offer:
    new = secret.new
    none = secret.new_state is New.NONE and not new.inbox
    held = making_held(incident, secret) or before_agreement(incident, secret)
    owed = none and (secret.made_by_person or bool(new.rejected)) and not held
    guide = secret.by_hand.issue or f"make a new one in {provider_name(secret.entry.provider)}'s console"
    body = c.AnnounceSubmission(secret.name, "")
    reason = f"to bring a new value: {guide.strip()}"
    return Offer(c.AnnounceSubmission, body, secret.name, reason, RESPONDER, NEEDED if owed else POSSIBLE, secret.name)


def waiting_value(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    """A verified value that is not put in its place: go on all the same, or not with this one."""
    words, seen = promotion_words(incident, secret), promotion_digest(incident, secret)
    who, reason = RESPONDER, "; ".join(words) or "to put the new value in place all the same"
    if account_held(secret):
        who = (Who(_APPROVE, frozenset({secret.new.submitted_by}), human=True),)
    urgency = NEEDED if words else POSSIBLE
    yield Offer(c.UseValue, c.UseValue(secret.name, "", seen), secret.name, reason, who, urgency, secret.name)
    reason = "if the new value is not one of ours: another one is awaited then"
    urgency = NEEDED if account_held(secret) else POSSIBLE
    yield Offer(
        c.RefuseValue, c.RefuseValue(secret.name, "", seen), secret.name, reason, RESPONDER, urgency, secret.name
    )


def replacement(secret: SecretState) -> Offer:
    waits = secret.entry.capabilities.revoke_needs_replacement and not secret.gone and secret.old.revoked_at is None
    reason = "its provider ends the old value only for a new one" if waits else "if it is to be replaced all the same"
    urgency = NEEDED if waits and not secret.new.wanted else SENSIBLE if not secret.new.wanted else POSSIBLE
    return Offer(c.AskReplacement, c.AskReplacement(secret.name), secret.name, reason, RESPONDER, urgency, secret.name)


def scopes(incident: Incident, secret: SecretState) -> Offer:
    lane = incident.lane(new_lane(secret.name))
    unread = lane.failing(Op.READ_SCOPES, "") is not None and not secret.new.staged
    urgency = NEEDED if unread and lane.failed_for_good else SENSIBLE if unread else POSSIBLE
    reason = "the old key's rights are unknown: choose the new one's"
    body = c.ChooseScopes(secret.name, ())
    return Offer(c.ChooseScopes, body, secret.name, reason, HUMAN_RESPONDER, urgency, secret.name)
