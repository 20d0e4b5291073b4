"""Takes over a run that leaked while it was in progress: which value leaked, and how its incident begins.

A run has at most two values: the captured old one, and the new one that it made. The declaration says by version or
fingerprint which one leaked; else it is the parameter's: after promotion the new one. Nothing is forgotten: the
incident revokes everything that works, except the value that stays in use.
"""

from __future__ import annotations

from dataclasses import replace as with_fields
from datetime import timedelta
from enum import StrEnum
from typing import Any, assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.plan import end_of
from bot.incident.changes import put, replace
from bot.incident.commands import Asked, Events, HandoverCommand
from bot.incident.events import HandoverEvent
from bot.incident.lanes import LaneKind, new_lane
from bot.incident.model import By, Target
from bot.incident.new_value.still_used import kept_for
from bot.incident.new_value.transitions import ending, orphaned
from bot.incident.obligations.rules import aware_at
from bot.incident.operations import OPERATIONS, Op
from bot.incident.refusals import Declined, clean, demand_responder
from bot.incident.state import Handed, Incident, NewValue, OldValue, SecretState
from bot.incident.work.rules import moves, put_lane

MAKING = frozenset({Op.ISSUE, Op.INSTALL, Op.RECEIVE})


class Leaked(StrEnum):
    OLD = "old"
    NEW = "new"
    OTHER = "other"
    """Neither: an older version, or a value in no parameter."""


def handed(run: Incident, secret: SecretState, target: Target, *, replace: bool) -> Handed:
    """What the incident takes over, if it declares `target` of this secret; `replace`: the current value is to be
    replaced.
    """
    which, new = leaked(secret, target), secret.new
    ours, promoted = new.ours, new.may_serve
    keeps = which is not Leaked.NEW and (promoted or which is Leaked.OLD or replace)
    overlapped = promoted and which is not Leaked.OLD and not secret.gone
    left = new
    if ours and not promoted and not keeps:
        over = which is Leaked.NEW or not kept_for(
            run, secret
        )  # what leaked is revoked at once, also while it is in use
        left = orphaned(new) if over else ending(new)
    return Handed(
        secret=secret.name,
        run=run.id,
        old=secret.old if which is Leaked.OLD else None,
        new=_serving(new) if keeps and (new.staged or new.inbox) else None,
        earlier=with_fields(secret.old, current=False) if overlapped and secret.old.captured_at is not None else None,
        set_aside=(ours,) if ours and promoted and which is Leaked.NEW else (),
        orphans=left.orphans,
        superseded=left.superseded,
        unknown=new.sweep_at is not None or _making(run, secret),
    )


def leaked(secret: SecretState, target: Target) -> Leaked:
    """The one of the run's two values that the declaration means. After a roll back the newest version holds the old
    one too.
    """
    old, new, main = secret.old, secret.new, secret.entry.main.parameter
    if target.staged:
        return Leaked.OTHER
    if target.fingerprint or target.version is not None:
        placed = _at(target, new.versions.get(main))
        if target.fingerprint == new.fingerprint != "" or (placed and new.back_since is None):
            return Leaked.NEW
        if target.fingerprint == old.fingerprint != "" or placed or _at(target, old.versions.get(main)):
            return Leaked.OLD
        return Leaked.OTHER
    if new.promoted_at is not None:
        return Leaked.NEW
    return Leaked.OLD if old.captured_at is not None and old.current else Leaked.OTHER


def _at(target: Target, version: int | None) -> bool:
    return not target.fingerprint and version is not None and target.version == version


def _making(run: Incident, secret: SecretState) -> bool:
    claim = run.lane(new_lane(secret.name)).claim
    return claim is not None and claim.op in MAKING


def _serving(new: NewValue) -> NewValue:
    """A new key that was rolled back, or is being, returns to its place: the leaked one must not stay in use."""
    placed = new.promoted_at is not None and new.rolling_back is None
    return new if placed else with_fields(new, versions={}, promoted_at=None)


# How a run ends by being taken over, and with what the incident begins that took it.


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
    """Removes the handed-over secrets from the run; if none is left, that closes the run."""
    gone = set(event.secrets)
    for number in event.void:
        if (claim := run.held.get(number)) is not None:
            run = put_lane(run, claim.lane, replace(run.lane(claim.lane), claim=None, waits_until=None))
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
    how = "handed over to" if run.routine else "merged into"
    # The law's clocks run on in the incident that knows the leak.
    return replace(
        left, closed=by, accepted_reason=f"{how} {event.incident}", report=written, obligations=(), proposal=None
    )


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
    kept = {name: getattr(old, name) for name in _PINNED}
    return OldValue(captured_at=by.at, snapshot_at=by.at if old.snapshot_at is not None else None, **kept)


_PINNED = (
    "fingerprint", "versions", "shared", "current", "candidates", "key_id", "exposed_since", "hint", "snapshot",
    "snapshot_missing", "scopes_known", "baseline_at", "seen_alive_at", "revoke_began_at", "revoked_at",
    "revoked_detail",
)  # fmt: skip
"""What is known of the old key of a run in the incident too."""
_MADE = (
    "name", "key_id", "fingerprint", "staged", "staged_at", "source", "submitted_by", "inbox", "verified_at",
    "verified_detail", "untold", "promote_began_at", "versions", "promoted_at", "unstaged",
)  # fmt: skip
"""What is known of its new key."""


def _known_new(new: NewValue, made: NewValue) -> NewValue:
    begun = made.promote_began_at is not None or made.promoted_at is not None
    began = {**made.began, made.fingerprint: made.staged} if begun else made.began
    standing = made.versions if made.promoted_at is not None else {}
    known: dict[str, Any] = {name: getattr(made, name) for name in _MADE}
    return replace(new, wanted=True, began=began, standing=standing, **known)


def _swept_later(incident: Incident, secret: SecretState, by: By) -> SecretState:
    """A call of the run's may still make a key: it is looked for after the longest time-out."""
    later = by.at + timedelta(seconds=incident.timings.sweep_wait)
    return replace(secret, new=replace(secret.new, sweep_at=later, unstaged=False))


# Decisions on a run that is taken over, and on a duplicate.


def decide(incident: Incident, body: HandoverCommand, asked: Asked) -> Events:
    match body:
        case c.Merge():
            demand_responder(incident, asked.actor)
            clean(body.reason, "reason")
            if why := unmergeable(incident):
                raise Declined(f"Not merged: {why}. Nothing changed.")
            return ()  # what follows is decided in both logs together: see `taken_in`
        case c.HandOverSecrets():
            return _hand_over(incident, body)
        case c.NoteLateOutcome():
            known = incident.secrets.get(body.secret)
            late = known is not None and known.taken_from == body.run and OPERATIONS[body.op].may_leave_key
            return (e.LateOutcomeNoted(body.secret, body.run, body.op),) if late else ()
        case _:
            assert_never(body)


def _hand_over(run: Incident, body: c.HandOverSecrets) -> Events:
    """All or none: none if the run is over, is no run, or no longer has all of them."""
    kept = not run.routine and (not body.reason or unmergeable(run))
    if kept or not run.open or not set(body.secrets) <= run.secrets.keys():
        return ()
    over = set(body.secrets) == run.secrets.keys()
    goes_on = frozenset[LaneKind]() if run.routine else _OF_THE_INCIDENT
    void = tuple(
        number
        for number, claim in run.held.items()
        if (over and claim.lane.kind not in goes_on) or claim.lane.subject in body.secrets
    )
    return (e.HandedOver(body.incident, body.secrets, void, body.reason),)


# How a duplicate goes over to another incident.


_OF_THE_INCIDENT = frozenset(
    {LaneKind.CHANNEL, LaneKind.PAGE, LaneKind.FALLBACK, LaneKind.UPDATE, LaneKind.REPORT, LaneKind.DELIVERY}
)
"""Lanes that finish what they have begun: a page that has just gone out is to be resolved."""


def unmergeable(duplicate: Incident) -> str:
    """What has to be settled before an incident is merged into another, as a phrase; empty where it can be."""
    secrets = duplicate.secrets.values()
    if not duplicate.open or duplicate.routine or not secrets:
        return "only an open incident that has secrets can be"
    if duplicate.hold is not None:
        return "its revocations are held: two people resume them first"
    if duplicate.halted:
        return f"everything is halted there ({duplicate.halted}): look, then go on there first"
    if words := moves(duplicate):
        return f"the bot is {words} at this moment: wait until that has ended"
    for secret in secrets:
        if secret.broken is not None and secret.reviewers_missing:
            return f"the glass was broken for {secret.name}, and another person has to review that first"
        if secret.target.staged or secret.taken_from or secret.earlier:
            return f"{secret.name} was brought, or taken over from a planned rotation: finish it there"
    return ""


def merges_into(duplicate: Incident, target: Incident) -> str:
    """Why not into this one, as a phrase; empty where it can be."""
    if target.id == duplicate.id or not target.open or target.routine:
        return f"{target.id} is no other open incident"
    if target.environment != duplicate.environment:
        return f"{target.id} is about {target.environment}, and {duplicate.id} about {duplicate.environment}"
    if target.slack_untrusted != duplicate.slack_untrusted:
        return "one of the two is kept from Slack"
    if duplicate.public and not target.public:
        return f"strangers can read what leaked in {duplicate.id} and not in {target.id}: merge it the other way round"
    return ""


def taken_in(duplicate: Incident) -> c.TakeIn:
    """The part that moves: each secret with its leaked key, and the work on the new one. Consents, and answers about
    readers, checks and copies, are requested again; the earlier ones stay in the duplicate's log.
    """
    wanted = tuple(_gone_over(duplicate, secret) for secret in duplicate.secrets.values())
    return c.TakeIn(duplicate.id, wanted, aware_at(duplicate), duplicate.exposed_at)


def _gone_over(duplicate: Incident, secret: SecretState) -> c.Wanted:
    target = with_fields(secret.target, fingerprint=secret.old.fingerprint or secret.target.fingerprint)
    known = handed(duplicate, secret, target, replace=secret.new.wanted)
    return c.Wanted(secret.entry, target, secret.strategy, secret.strategy_reason, secret.new.wanted, known)
