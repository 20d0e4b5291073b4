"""When people may stand down, and what ends it: both read off the incident's state."""

from __future__ import annotations

from bot.incident.access.readers import may_still_read, not_looked_up, principal_name
from bot.incident.lanes import access_lane
from bot.incident.model import Old
from bot.incident.state import Incident, SecretState

ALIVE_AGAIN = "a leaked value is not proven dead any more"
NOT_IN_PLACE = "a replacement is not in place any more"
ANOTHER_LEAKED = "another value leaked than the one that was ended"
LEFT_BEHIND = "something found at a provider may still open a door"
UNEXPLAINED = "somebody read a leaked value and is not explained"
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
    if secret.mistaken is not None:
        found.append(f"{secret.name}: {ANOTHER_LEAKED}")
    if not secret.in_place:
        found.append(f"{secret.name}: its replacement is not in place")
    if _left_behind(secret):
        found.append(f"{secret.name}: something found at its provider may still open a door")
    if _inspection_waits(incident, secret):
        found.append(f"{secret.name}: what it may have left at its provider has not been looked at")
    if words := not_looked_up(incident, secret):
        found.append(words)
    return found


def _left_behind(secret: SecretState) -> bool:
    return any(check.found and check.open for check in secret.checks.values())


def _inspection_waits(incident: Incident, secret: SecretState) -> bool:
    """Whether the machine has still to read what an attacker may have left; where it cannot, people look by day."""
    machine = secret.entry.capabilities.inspects and bool(secret.entry.inspects)
    if not incident.answers.investigates or not machine or not secret.gone or secret.inspected_at is not None:
        return False
    return not incident.lane(access_lane(secret.name)).failed_for_good


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
    if any(secret.mistaken is not None for secret in secrets):
        return ANOTHER_LEAKED
    if any(_left_behind(secret) for secret in secrets):
        return LEFT_BEHIND
    if may_still_read(incident):
        return UNEXPLAINED
    return ABUSED if abuses(incident) > rest.abused else ""


def abuses(incident: Incident) -> int:
    return sum(secret.abused is not None for secret in incident.secrets.values())
