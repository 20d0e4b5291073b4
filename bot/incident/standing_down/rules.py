"""When people may stand down, and what ends it: both read off the incident's state."""

from __future__ import annotations

from bot.incident.access.readers import may_still_read, not_looked_up, principal_name
from bot.incident.model import Old
from bot.incident.state import Incident, SecretState

ALIVE_AGAIN = "a leaked value is not proven dead any more"
NOT_IN_PLACE = "a replacement is not in place any more"
ABUSED = "somebody uses a leaked value"
REMINDERS = ("broken glass is NOT reviewed", "the decision on notification", "a deadline of the law")
"""Alerts that say what people owe: nothing has got worse."""


def unready(incident: Incident) -> tuple[str, ...]:
    """What keeps people awake, as phrases: empty once it is contained as far as machines go, restored, and no reader
    whom nobody can explain is left.
    """
    return (
        *(words for secret in incident.secrets.values() for words in _of_secret(incident, secret)),
        *_readers(incident),
        *(["an approval is waited for"] if incident.request is not None or incident.proposal is not None else []),
        *(["everything is halted"] if incident.halted else []),
    )


def _of_secret(incident: Incident, secret: SecretState) -> list[str]:
    found = []
    if secret.old_state is not Old.DEAD:
        found.append(f"{secret.name}: its old value is not proven dead")
    if not secret.in_place:
        found.append(f"{secret.name}: its replacement is not in place")
    if any(check.found and check.open for check in secret.checks.values()):
        found.append(f"{secret.name}: something found at its provider may still open a door")
    if words := not_looked_up(incident, secret):
        found.append(words)
    return found


def _readers(incident: Incident) -> list[str]:
    """Whose reads nobody answers for: what they took may open more than what is dead by now."""
    return [f"{principal_name(principal)} read it and is not explained" for principal in may_still_read(incident)]


def worsened(incident: Incident) -> str:
    """What has got worse since people stood down, in words that say nothing of the secret; empty if nothing has."""
    rest = incident.stood_down
    if rest is None:
        return ""
    bad = [words for words in incident.alerts[rest.alerts :] if not words.startswith(REMINDERS)]
    if bad:
        return bad[0]
    secrets = incident.secrets.values()
    if any(secret.old_state is not Old.DEAD for secret in secrets):
        return ALIVE_AGAIN
    if not all(secret.in_place for secret in secrets):
        return NOT_IN_PLACE
    return ABUSED if abuses(incident) > rest.abused else ""


def abuses(incident: Incident) -> int:
    return sum(secret.abused is not None for secret in incident.secrets.values())
