"""Offers about consumers that fail with the new value."""

from __future__ import annotations

from bot.incident import commands as c
from bot.incident.offer import POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.state import SecretState


def failing(secret: SecretState) -> Offer:
    before = [name for name in secret.new.failing if name in secret.new.unwell_before]
    reason = f"{' and '.join(before)} failed before the new value too: it is not to blame"
    body = c.ExcuseFailing(secret.name, "")
    return Offer(c.ExcuseFailing, body, secret.name, reason, RESPONDER, SENSIBLE if before else POSSIBLE, secret.name)
