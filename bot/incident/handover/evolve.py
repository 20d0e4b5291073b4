"""How a run ends by being taken over, and with what the incident begins that took it."""

from __future__ import annotations

from dataclasses import replace as with_fields
from datetime import timedelta
from typing import assert_never

from bot.incident import events as e
from bot.incident.approval.plan import end_of
from bot.incident.changes import put, replace
from bot.incident.events import HandoverEvent
from bot.incident.model import By
from bot.incident.state import Handed, Incident, NewValue, OldValue, SecretState
from bot.incident.work.rules import put_lane


def evolve(incident: Incident, event: HandoverEvent, by: By) -> Incident:
    match event:
        case e.HandedOver():
            return _handed_over(incident, event, by)
        case e.TakenOver():
            return put(incident, _taken_over(incident, incident.secrets[event.secret], event.known, by))
        case e.LateOutcomeNoted():
            return put(incident, _swept_later(incident, incident.secrets[event.secret], by))
        case _:
            assert_never(event)


def _handed_over(run: Incident, event: e.HandedOver, by: By) -> Incident:
    """What is handed over is no part of the run any more; where nothing is left, the run is closed with it."""
    gone = set(event.secrets)
    for number in event.void:
        lane = run.held.get(number)
        if lane is not None:
            run = put_lane(run, lane, replace(run.lane(lane), claim=None, waits_until=None))
    plans = {name: plan for name, plan in run.request.plans.items() if name not in gone} if run.request else {}
    left = replace(
        run,
        secrets={name: secret for name, secret in run.secrets.items() if name not in gone},
        by_parameter={path: name for path, name in run.by_parameter.items() if name not in gone},
        handed={**run.handed, **dict.fromkeys(event.secrets, event.incident)},
        request=replace(run.request, plans=plans) if run.request is not None and plans else None,
        proposal=None if run.proposal is not None and run.proposal.subject in gone else run.proposal,
    )
    if left.secrets:
        return left
    written = replace(left.report, decisions_at=by.at, requested_at=None)
    return replace(left, closed=by, accepted_reason=f"handed over to {event.incident}", report=written)


def _taken_over(incident: Incident, secret: SecretState, known: Handed, by: By) -> SecretState:
    old = secret.old if known.old is None else _pinned(known.old, by)
    new = secret.new if known.new is None else _known_new(secret.new, known.new)
    new = replace(new, orphans={**new.orphans, **known.orphans}, superseded={**new.superseded, **known.superseded})
    target = secret.target
    if known.old is not None:
        target = with_fields(target, fingerprint=known.old.fingerprint, current=known.old.current)
    taken = replace(secret, old=old, new=new, target=target, taken_from=known.run, set_aside=frozenset(known.set_aside))
    if taken.author is not None:
        taken = replace(taken, author=replace(taken.author, plan=end_of(incident, taken)))
    return _swept_later(incident, taken, by) if known.unknown else taken


def _pinned(old: OldValue, by: By) -> OldValue:
    """As if it had been captured now: nothing of the incident's is older than its declaration, and its death is to be
    proven there.
    """
    return OldValue(
        captured_at=by.at,
        fingerprint=old.fingerprint,
        versions=old.versions,
        shared=old.shared,
        current=old.current,
        candidates=old.candidates,
        key_id=old.key_id,
        exposed_since=old.exposed_since,
        hint=old.hint,
        snapshot=old.snapshot,
        snapshot_at=by.at if old.snapshot_at is not None else None,
        snapshot_missing=old.snapshot_missing,
        scopes_known=old.scopes_known,
        baseline_at=old.baseline_at,
        seen_alive_at=old.seen_alive_at,
        revoke_began_at=old.revoke_began_at,
        revoked_at=old.revoked_at,
        revoked_detail=old.revoked_detail,
    )


def _known_new(new: NewValue, made: NewValue) -> NewValue:
    begun = made.promote_began_at is not None or made.promoted_at is not None
    return replace(
        new,
        wanted=True,
        began={**made.began, made.fingerprint: made.staged} if begun else made.began,
        standing=made.versions if made.promoted_at is not None else {},
        name=made.name,
        key_id=made.key_id,
        fingerprint=made.fingerprint,
        staged=made.staged,
        staged_at=made.staged_at,
        source=made.source,
        submitted_by=made.submitted_by,
        inbox=made.inbox,
        verified_at=made.verified_at,
        verified_detail=made.verified_detail,
        untold=made.untold,
        promote_began_at=made.promote_began_at,
        versions=made.versions,
        promoted_at=made.promoted_at,
        unstaged=made.unstaged,
    )


def _swept_later(incident: Incident, secret: SecretState, by: By) -> SecretState:
    """A call of the run's may still make a key: it is looked for after the longest time-out."""
    later = by.at + timedelta(seconds=incident.timings.sweep_wait)
    return replace(secret, new=replace(secret.new, sweep_at=later, unstaged=False))
