"""Offers of more secrets."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.offer import POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.state import Incident


def more_secrets(incident: Incident) -> Iterator[Offer]:
    here = {f"{name} ({incident.environment})" for name in incident.secrets}
    shared = sorted({name for secret in incident.secrets.values() for name in secret.old.shared} - here)
    reason = f"the same value leaked in {', '.join(shared)}" if shared else "if another secret stood in the same place"
    yield Offer(c.AddSecret, None, "", reason, RESPONDER, SENSIBLE if shared else POSSIBLE)
