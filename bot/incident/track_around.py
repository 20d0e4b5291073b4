"""What is wanted next around the secrets: channel, page, usage, report, and the incident's own deadlines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incident.approval.basis import GLASS_AFTER, approval_missing, kill_basis, killable
from bot.incident.approval.plan import plan_of
from bot.incident.approval.state import Basis
from bot.incident.clocks import next_reminder
from bot.incident.old_value.reminders import reminder_due
from bot.incident.operations import (
    AROUND_LANE,
    CHANNEL_LANE,
    CLOCK_LANE,
    REPORT_LANE,
    Op,
    Work,
    access_lane,
    delete_lane,
    usage_lane,
)
from bot.incident.overlap.rules import escalation_due, held_by_copies, overlap_end
from bot.incident.paging.schedule import pages, unanswered_at
from bot.incident.state import Incident, SecretState
from bot.incident.steps.rules import investigated

LOOKS_AROUND = 2
REVIEW_WITHIN = timedelta(hours=24)
"""Within this, another person looks at why the glass was broken."""


def surroundings(incident: Incident) -> Iterator[Work]:
    if not incident.channel and incident.open and not incident.slack_untrusted:
        yield Work(Op.OPEN_CHANNEL, CHANNEL_LANE, incident.id, incident.declared.at)
    yield from pages(incident)
    for secret in incident.secrets.values():
        yield from _usage(incident, secret)
        yield from _inspection(incident, secret)
        yield from _deletion(incident, secret)
    for secret in incident.secrets.values():
        yield from _siblings(incident, secret)
    report = incident.report
    if report.requested_at is not None:
        yield Work(Op.REPORT, REPORT_LANE, incident.id, report.requested_at)
    elif incident.closed is not None and (report.decisions_at is None or report.decisions_at < incident.closed.at):
        yield Work(Op.DECISIONS, REPORT_LANE, incident.id, incident.closed.at)


def _usage(incident: Incident, secret: SecretState) -> Iterator[Work]:
    if secret.old.captured_at is None or not incident.open:
        return
    seen = incident.usage.get(secret.name)
    if seen is None or (secret.gone and not seen.after_containment):
        yield Work(Op.USAGE, usage_lane(secret.name), secret.name, secret.old.captured_at)


def _inspection(incident: Incident, secret: SecretState) -> Iterator[Work]:
    """Once the value is gone: before, whoever has it can still make more."""
    wanted = secret.entry.abilities.inspects and secret.entry.inspects
    if wanted and incident.open and secret.gone and secret.inspected_at is None:
        yield Work(Op.INSPECT, access_lane(secret.name), secret.name, incident.last_at)


def _siblings(incident: Incident, secret: SecretState) -> Iterator[Work]:
    """Other secrets of the provider, before the revocation, right after it, and once more when it has spread."""
    around, old = secret.around, secret.old
    if not secret.entry.siblings or not incident.open:
        return
    if around.seen_at is None:
        if old.ended_at is None and not secret.gone:
            yield Work(Op.CHECK_SIBLINGS, AROUND_LANE, secret.name, secret.added.at)
    elif around.alive and old.ended_at is not None:
        due = around.looks == 0 or (around.looks < LOOKS_AROUND and secret.gone)
        if due:
            yield Work(Op.CHECK_SIBLINGS, AROUND_LANE, secret.name, old.ended_at)


def _deletion(incident: Incident, secret: SecretState) -> Iterator[Work]:
    """Never before the investigation is over, never what is not proven dead, and not while the target is in doubt."""
    if secret.kept_as_evidence and investigated(incident) and not incident.halted:
        yield Work(Op.DELETE_OLD, delete_lane(secret.name), secret.name, incident.last_at)


def clock(incident: Incident, now: datetime) -> Iterator[Work]:
    """Deadlines that need no outside call. That of the decision on notification outlasts the close."""
    times = [deadline for deadline in _deadlines(incident, now) if deadline is not None] if incident.open else []
    times += filter(None, [next_reminder(incident), *(review_due(secret) for secret in incident.secrets.values())])
    if times:
        yield Work(Op.TICK, CLOCK_LANE, incident.id, min(times))


def _deadlines(incident: Incident, now: datetime) -> Iterator[datetime | None]:
    if incident.proposal is not None:
        yield incident.proposal.until
    if incident.request is not None:
        yield incident.request.until
    yield unanswered_at(incident)
    for secret in incident.secrets.values():
        yield escalation_due(incident, secret)
        if to_ask(incident, secret, now):
            yield _asked_at(incident, secret)
        else:
            yield from _asked_again(incident, secret, now)
        if glass_to_offer(incident, secret, now):
            yield secret.asked_at + GLASS_AFTER if secret.asked_at is not None else None
        yield held_overlap(incident, secret)
        yield reminder_due(incident, secret, now)
        old = secret.old
        if old.said_at is not None and not secret.gone and not old.overdue:
            yield old.said_at + timedelta(seconds=incident.timings.retry_for)


def _asked_again(incident: Incident, secret: SecretState, now: datetime) -> Iterator[datetime]:
    """When a second person will be asked once more: a consent lapses unused, or an overlap ends without one."""
    basis = kill_basis(incident, secret, now) if killable(secret) else None
    if isinstance(basis, Basis):
        if basis.until is not None:
            yield basis.until
    elif approval_missing(incident, secret, now):
        end = overlap_end(incident, secret)
        if end is not None and end > now:
            yield end


def glass_to_offer(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether nobody has answered for this secret, and broken glass has not been offered for that yet."""
    waits = secret.asked_at is not None and not secret.glass_offered and not incident.public
    return waits and secret.old.owner is None and approval_missing(incident, secret, now)


def held_overlap(incident: Incident, secret: SecretState) -> datetime | None:
    """When people are told that an overlap does not end for its copies; None where none is held, or they were told."""
    held = secret.held_at is None and held_by_copies(incident, secret)
    return overlap_end(incident, secret) if held else None


def review_due(secret: SecretState) -> datetime | None:
    """When people are reminded that broken glass has not been reviewed; None if it has been, or they were."""
    if secret.broken is None or secret.reviewed is not None or secret.review_reminded:
        return None
    return secret.broken.at + REVIEW_WITHIN


def unasked(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether a second person is to be asked about this secret now."""
    at = _asked_at(incident, secret)
    return at is not None and at <= now and to_ask(incident, secret, now)


def _asked_at(incident: Incident, secret: SecretState) -> datetime | None:
    """When: as one plan with all the others, so once all are known, or have had the time that a snapshot has."""
    patience = timedelta(seconds=incident.timings.snapshot)
    others = [other.added.at + patience for other in incident.secrets.values() if other.old.captured_at is None]
    captured = secret.old.captured_at
    return None if captured is None else max([captured, *others])


def to_ask(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether this secret waits for a second person whom nobody has asked yet for this very plan."""
    if not approval_missing(incident, secret, now):
        return False
    digest = plan_of(incident, secret).digest
    if incident.rejected_plans.get(secret.name) == digest:
        return False
    end = overlap_end(incident, secret)
    request = incident.request
    if request is None or request.plans.get(secret.name) != digest:
        return True
    return end is not None and request.at < end <= now
