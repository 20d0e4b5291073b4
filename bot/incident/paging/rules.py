"""What keeps the page open, and what else pages people: both read from the incident's state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident.access.checks import checks_of
from bot.incident.access.readers import contained, may_still_read, not_looked_up, principal_name
from bot.incident.lanes import access_lane
from bot.incident.model import PageAction
from bot.incident.obligations.rules import open_notices
from bot.incident.operations import OPERATIONS
from bot.incident.overlap.rules import roll_back_failed, serves_again
from bot.incident.severity import severity
from bot.incident.state import Incident, SecretState
from bot.model.secrets import Outage

WAKES = frozenset({PageAction.TRIGGER, PageAction.ALERT, PageAction.ASK})
"""The calls that wake people: with these the pager works, regardless of failures in others."""


def paged_at(incident: Incident) -> datetime | None:
    """When the first of the pagers took the page; None while none has."""
    times = (incident.page.triggered_at, incident.fallback.triggered_at)
    return min((at for at in times if at is not None), default=None)


def settled(incident: Incident) -> bool:
    """Whether nothing left must be done at night."""
    return next(unsettled(incident), None) is None


def unsettled(incident: Incident) -> Iterator[str]:
    """What keeps the page open, as phrases: nothing once no key works, the product does, and all readers of the leaked
    values are known. Everything else has times by day.
    """
    if not incident.secrets:
        yield "no secret is in it"
    for secret in incident.secrets.values():
        yield from _of_secret(incident, secret)
    if incident.halted:
        yield "everything is halted"
    if incident.called is not None and incident.responded is None:
        yield f"{incident.called.name} paged again, no answer yet"
    for principal in may_still_read(incident):
        yield f"{principal_name(principal)} read it and is not identified"


def _of_secret(incident: Incident, secret: SecretState) -> Iterator[str]:
    if not secret.gone:
        yield f"{secret.name}: its old key is not dead"
    if not secret.in_place:
        yield f"{secret.name}: its new key is not in place"
    if secret.mistaken is not None:
        yield f"{secret.name}: another key leaked than the one revoked"
    if secret.abused is not None:
        yield f"{secret.name}: it was used by others"
    if any(check.found and check.open for check in secret.checks.values()):
        yield f"{secret.name}: a finding at its provider may still give access"
    if _inspection_waits(incident, secret):
        yield f"{secret.name}: its provider was not checked for backdoors"
    if words := not_looked_up(incident, secret):
        yield words


def _inspection_waits(incident: Incident, secret: SecretState) -> bool:
    """Whether the machine has still to read what an attacker may have left; where it cannot, people look by day."""
    machine = secret.entry.capabilities.inspects and bool(secret.entry.inspects)
    if not incident.traits.investigates or not machine or not secret.gone or secret.inspected_at is not None:
        return False
    return not incident.lane(access_lane(secret.name)).failed_for_good


def trouble(incident: Incident) -> bool:
    """Whether any reason of an alert beside the page still holds."""
    return (
        bool(incident.halted)
        or incident.request is not None
        or any(_troubled(incident, secret) for secret in incident.secrets.values())
        or any(lane.failure is not None and lane.failure.final and OPERATIONS[lane.failure.op].wakes
               for lane in incident.lanes.values())
        or any(told_of_what_is_owed(incident))
    )  # fmt: skip


def _troubled(incident: Incident, secret: SecretState) -> bool:
    """Whether its old key works again or too long, or was used; its new one fails, waits for people or is missing; or
    broken glass is not reviewed.
    """
    old, new = secret.old, secret.new
    too_long = old.overdue or secret.abused is not None or secret.held_at is not None or secret.awaited_at is not None
    works = not secret.gone and too_long
    serves = bool(old.reappeared) or serves_again(incident, secret) or roll_back_failed(incident, secret)
    missing = not secret.in_place and (old.ended_at is not None or bool(new.held))
    return works or serves or bool(new.failing) or missing or bool(secret.reviewers_missing)


def told_of_what_is_owed(incident: Incident) -> Iterator[datetime]:
    """When people were last informed of duties that outlast everything else: a review of broken glass, a decision on
    notification, a notice.
    """
    if not incident.reminded:
        return
    owed = {clock.obligation.id for clock in open_notices(incident) if clock.look is None}
    unreviewed = any(secret.reviewers_missing for secret in incident.secrets.values())
    for key, last in incident.reminded.items():
        kind, _, subject = key.partition(":")
        if last.woke_at is not None and (unreviewed if kind == "review" else subject in owed):
            yield last.woke_at


# What may be said outside the incident's channel: which incident, where, how severe, what it does to customers.


def pager_severity(incident: Incident) -> str:
    """The pager's severity: critical for production, else warning."""
    return "critical" if incident.environment == "production" else "warning"


def announcement(incident: Incident) -> str:
    """One sentence for the page, the security team and stakeholders: the effect on customers, and the progress. For a
    planned rotation, which one it is, and whether a new key fails.
    """
    if incident.routine:
        what = "a rotation for a departure" if incident.departure is not None else "a planned rotation"
        failing = any(secret.new.failing for secret in incident.secrets.values())
        return f"{incident.id}: {what} in {incident.environment}{f'; {_effect(incident)}' if failing else ''}"
    return f"{leaked(incident)} ({incident.id}); {status_words(incident)}"


def leaked(incident: Incident) -> str:
    """``SEV 1: 4 production keys leaked``."""
    count = len(incident.secrets)
    return f"{severity(incident).words}: {count} {incident.environment} {'key' if count == 1 else 'keys'} leaked"


def status_words(incident: Incident) -> str:
    """The effect on customers, and the progress."""
    return f"{_effect(incident)}; {_how_far(incident)}"


def _effect(incident: Incident) -> str:
    """What customers may notice while a replacement is not live; a degraded product affects them too."""
    secrets = incident.secrets.values()
    if Outage.DOWN in {secret.entry.outage for secret in secrets if not secret.restored}:
        return "customers may be affected: the product may be down in part"
    if Outage.DEGRADED in {secret.entry.outage for secret in secrets if not secret.restored}:
        return "customers may be affected: the product may be degraded"
    touched = any(secret.entry.outage is not Outage.NONE for secret in secrets)
    return "service is restored" if touched else "no known effect on customers"


def _how_far(incident: Incident) -> str:
    """Contained only when its checks are answered, and its readers explained."""
    secrets = incident.secrets.values()
    if not all(secret.gone for secret in secrets):
        return "access is not contained yet"
    if contained(incident) or not secrets:
        return "access is contained"
    rest = "some questions are open"
    if checks_of(secrets).open:
        rest = "checks continue" if incident.open else "checks were left open"
    seen = all(secret.leaked_value_dead for secret in secrets)
    return f"what leaked {'no longer works' if seen else 'is not known to work'}, {rest}"
