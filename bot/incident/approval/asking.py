"""When a second person is asked, asked again, or offered broken glass; and when a request lapses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incident import events as e
from bot.incident.approval.basis import approval_missing, glass_at, kill_basis, killable
from bot.incident.approval.plan import brought, plan_of, same_plan, turned_down
from bot.incident.overlap.rules import overlap_end
from bot.incident.state import Basis, Incident, SecretState


def times_asked(
    incident: Incident, secret: SecretState, now: datetime, others: datetime | None
) -> Iterator[datetime | None]:
    """When a second person is asked about this secret; `others` is when all are known (`others_known_by`)."""
    if to_ask(incident, secret, now):
        yield _asked_at(secret, others)
    else:
        yield from _asked_again(incident, secret, now)


def requested(incident: Incident, at: datetime) -> Iterator[e.ApprovalRequested]:
    """For all secrets that wait for a second person, as soon as one of them has not been asked about."""
    secrets = incident.secrets.values()
    others = others_known_by(incident)
    if any(_unasked(incident, secret, at, others) for secret in secrets):
        plans = {
            s.name: plan_of(incident, s).digest
            for s in secrets
            if approval_missing(incident, s, at) and not turned_down(incident, s)
        }
        yield e.ApprovalRequested(plans, at + timedelta(seconds=incident.timings.approval_expires))


def _asked_again(incident: Incident, secret: SecretState, now: datetime) -> Iterator[datetime]:
    """When a second person will be asked again: a consent lapses unused, or an overlap ends without one."""
    basis = kill_basis(incident, secret, now) if killable(secret) else None
    if isinstance(basis, Basis):
        if basis.until is not None:
            yield basis.until
    elif approval_missing(incident, secret, now):
        end = overlap_end(incident, secret)
        if end is not None and end > now:
            yield end


def glass_to_offer_at(incident: Incident, secret: SecretState, now: datetime) -> datetime | None:
    """When broken glass is offered because no one has answered for this secret; None if it is not, or was."""
    at_once = secret.glass_offered or incident.public
    return None if at_once else glass_at(incident, secret, now)


def _unasked(incident: Incident, secret: SecretState, now: datetime, others: datetime | None) -> bool:
    at = _asked_at(secret, others)
    return at is not None and at <= now and to_ask(incident, secret, now)


def others_known_by(incident: Incident) -> datetime | None:
    """When the last unknown secret, or value in an inbox, has had the time of a snapshot; None if all are known."""
    patience = timedelta(seconds=incident.timings.snapshot)
    secrets = incident.secrets.values()
    unknown = [secret.added.at for secret in secrets if secret.old.captured_at is None]
    unknown += [one.author.at for one in secrets if one.author is not None and one.new.inbox and brought(one)]
    return max(unknown) + patience if unknown else None


def _asked_at(secret: SecretState, others: datetime | None) -> datetime | None:
    """When: as one plan with all the others, so once all are known, or have had their time."""
    captured = secret.old.captured_at
    return None if captured is None else max(captured, others or captured)


def to_ask(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether this secret waits for a second person who was not asked yet for this very plan."""
    if not approval_missing(incident, secret, now):
        return False
    if turned_down(incident, secret):
        return False
    end = overlap_end(incident, secret)
    request = incident.request
    if request is None or not same_plan(incident, secret, request.plans.get(secret.name, "")):
        return True
    return end is not None and request.at < end <= now
