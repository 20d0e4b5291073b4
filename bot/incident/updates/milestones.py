"""What an incident has reached that others are told of, and since when."""

from __future__ import annotations

from datetime import datetime

from bot.incident.access.readers import contained_since
from bot.incident.model import New
from bot.incident.state import Incident, SecretState
from bot.model.playbooks import Milestone


def reached(incident: Incident) -> dict[Milestone, datetime]:
    """Each milestone that holds now, with since when; in the order in which they come."""
    found = {Milestone.DECLARED: incident.declared.at}
    if incident.reopened:
        found[Milestone.REOPENED] = incident.raised.at
    secrets = incident.secrets.values()
    if (contained := contained_since(incident)) is not None:
        found[Milestone.CONTAINED] = contained
    if secrets and all(secret.restored for secret in secrets):
        found[Milestone.RESTORED] = max(_restored(secret) for secret in secrets)
    if incident.closed is not None:
        found[Milestone.CLOSED] = incident.closed.at
    return found


def _restored(secret: SecretState) -> datetime:
    if secret.new_state is New.NOT_NEEDED or secret.new.restored_at is None:
        return secret.added.at
    return secret.new.restored_at
