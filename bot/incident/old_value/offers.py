"""Offers about the leaked value: say that it was revoked, choose its key, vouch for its death."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident import commands as c
from bot.incident.approval.plan import to_revoke_by_hand
from bot.incident.model import Old
from bot.incident.offer import COMMANDER, NEEDED, POSSIBLE, RESPONDER, Offer
from bot.incident.overlap.rules import too_soon
from bot.incident.state import Incident, SecretState
from bot.model.keys import NONE_OF_THESE
from bot.model.providers import provider_name


def revoked(incident: Incident, secret: SecretState, now: datetime) -> Offer:
    owed = to_revoke_by_hand(incident, secret) and not too_soon(incident, secret, now)
    at, by_hand = provider_name(secret.entry.provider), secret.by_hand
    guide = by_hand.revoke or f"in {at}'s console {by_hand.console}"
    reason = f"revoke it by hand, then say so: {guide.strip()}"
    body = c.ConfirmRevoked(secret.name)
    return Offer(c.ConfirmRevoked, body, secret.name, reason, RESPONDER, NEEDED if owed else POSSIBLE, secret.name)


def candidates(secret: SecretState) -> Iterator[Offer]:
    old = secret.old
    several = len(old.candidates) > 1 and not old.key_id and not secret.gone
    for key in old.candidates:
        known = ", ".join(word for word in (key.name, key.hint) if word)
        reason = f"if the old key is this one ({known})" if known else "if the old key is this one"
        if key.id == NONE_OF_THESE.id:
            reason = "if the old value is not the key that it looks like: then a person answers for its end"
        elif key.by_looks:
            reason += "; it only looks like it"
        body = c.ChooseCandidate(secret.name, key.id)
        urgency = NEEDED if several and old.revoked_at is None else POSSIBLE
        yield Offer(c.ChooseCandidate, body, secret.name, reason, RESPONDER, urgency, secret.name)


def attest(secret: SecretState) -> Offer:
    last = secret.old.last_probe
    nobodys = secret.old.none_of_these and not secret.gone
    unclear = secret.old_state is Old.UNPROVEN or (secret.old.overdue and not secret.gone) or nobodys
    owed = unclear and (last is None or last.liveness != "live")
    reason = "no proof is to be had: vouch for its death by name"
    if nobodys:
        reason = "it is none of the listed keys: vouch by name that it opens nothing of ours"
    body = c.AttestDeath(secret.name, "")
    return Offer(c.AttestDeath, body, secret.name, reason, COMMANDER, NEEDED if owed else POSSIBLE, secret.name)
