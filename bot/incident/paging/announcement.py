"""What may be said outside the incident's channel: which incident, where, how severe, what it does to customers."""

from __future__ import annotations

from bot.incident.access.checks import checks_of
from bot.incident.access.readers import contained
from bot.incident.severity.rules import severity
from bot.incident.state import Incident
from bot.model.secrets import Outage


def pager_severity(incident: Incident) -> str:
    """What a pager is told: critical for production, else warning."""
    return "critical" if incident.environment == "production" else "warning"


def announcement(incident: Incident) -> str:
    """One sentence for the page, the security team and stakeholders: what it does to customers, and how far it is. Of a
    planned rotation, which one it is, and whether a new value fails.
    """
    if incident.routine:
        what = "a rotation for a departure" if incident.departure is not None else "a planned rotation"
        failing = any(secret.new.failing for secret in incident.secrets.values())
        return f"{incident.id}: {what} in {incident.environment}{f'; {_effect(incident)}' if failing else ''}"
    effect, count = _effect(incident), len(incident.secrets)
    what = "a credential has" if count == 1 else f"{count} credentials have"
    compromised = f"{incident.id} ({severity(incident).words}): {what} been compromised in {incident.environment}"
    return f"{compromised}; {effect}; {_how_far(incident)}"


def _effect(incident: Incident) -> str:
    """What customers may notice while a replacement is not live; a degraded product affects them too."""
    secrets = incident.secrets.values()
    if Outage.DOWN in {secret.entry.outage for secret in secrets if not secret.restored}:
        return "customers may be affected: the product may be down in part"
    if Outage.DEGRADED in {secret.entry.outage for secret in secrets if not secret.restored}:
        return "customers may be affected: the product may be degraded"
    touched = any(secret.entry.outage is not Outage.NONE for secret in secrets)
    return "service is restored" if touched else "no effect on customers is known"


def _how_far(incident: Incident) -> str:
    """Contained only once the checks of what it may have left behind have ended, and its readers are answered for."""
    secrets = incident.secrets.values()
    if not all(secret.gone for secret in secrets):
        return "access is not contained yet"
    if contained(incident) or not secrets:
        return "access is contained"
    rest = "not all of it is settled"
    if checks_of(secrets).open:
        rest = "checks go on" if incident.open else "checks were left open"
    seen = all(secret.leaked_value_dead for secret in secrets)
    return f"what leaked {'no longer works' if seen else 'is not known to work'}, {rest}"
