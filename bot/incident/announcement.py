"""What may be said outside the incident's channel: which incident, where, how severe, what it does to customers."""

from __future__ import annotations

from bot.incident.model import Outage
from bot.incident.state import Incident


def severity(incident: Incident) -> str:
    """Critical for production, else warning."""
    return "critical" if incident.environment == "production" else "warning"


def announcement(incident: Incident) -> str:
    """One sentence for the page, the security team and stakeholders."""
    outages = {secret.entry.outage for secret in incident.secrets.values()}
    effect = "customers may be affected" if Outage.DOWN in outages else "no effect on customers is known"
    count = len(incident.secrets)
    what = "a credential has" if count == 1 else f"{count} credentials have"
    return f"{incident.id} ({severity(incident)}): {what} been compromised in {incident.environment}; {effect}"
