"""How the state of the leaked key changes."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import events as e
from bot.incident.access.evolve import anew, halted
from bot.incident.approval.consent import authored, voided
from bot.incident.approval.plan import revoked_by_hand
from bot.incident.changes import decided, milestone, put, replace, worse
from bot.incident.events import OldValueEvent
from bot.incident.model import By, Worse
from bot.incident.new_value.transitions import unplaced
from bot.incident.old_value.rules import effective, run_is_long
from bot.incident.overlap.strategy import used_since
from bot.incident.state import Basis, Incident, OldValue, RefusalRun, SecretState
from bot.incident.work.rules import ended, not_put_back
from bot.model.probes import Probe

DEAD = "an old key is dead"


def evolve(incident: Incident, event: OldValueEvent, by: By) -> Incident:
    if isinstance(event, e.PersonAwaited):
        for name in event.secrets:
            incident = put(incident, replace(incident.secrets[name], awaited_at=by.at))
        return worse(incident, Worse.AWAITED, by.at)
    secret = incident.secrets[event.secret]
    match event:
        case e.OldProbed():
            return _looked(incident, secret, event, by)
        case e.CandidateChosen():
            chosen = replace(secret, old=_chosen(secret.old, event))
            return decided(incident, authored(incident, chosen, by, event.rights, key=True), by)
        case e.RevokedByPerson():
            claimed = replace(secret.old, claimed=by, claim_answer="", refusals=None, overdue=False)
            claimed = replace(claimed, overruled=False, begun_before=incident.claims, look_failed_at=None)
            return decided(incident, _with(secret, claimed), by)
        case e.DeathAttested():
            attested = _with(_forward(secret), replace(secret.old, attested=by))
            return decided(not_put_back(incident, event.secret), attested, by)
        case e.OldCaptured():
            target = replace(secret.target, fingerprint=event.fingerprint, current=event.current)
            return put(incident, replace(secret, old=_captured(secret.old, event, by), target=target))
        case e.OwnCredentialConcerned():
            concerned = put(incident, replace(secret, own=event.settings))
            return milestone(concerned, "one of the bot's own keys is among them")
        case e.SnapshotTaken():
            return put(incident, _with(secret, _snapshot(secret.old, event, by)))
        case e.LastUseRead():
            return put(incident, _used(incident, secret, event))
        case e.AccessRevoked():
            revoked = replace(secret.old, revoked_at=by.at, revoked_detail=event.detail)
            revoked = replace(revoked, refusals=None, overdue=False, look_failed_at=None)
            return put(incident, _with(secret, revoked))
        case e.RevocationNeedsOwner():
            return put(incident, _with(secret, replace(secret.old, owner=event.owner)))
        case e.OldDeleted():
            return put(incident, replace(secret, old=replace(secret.old, deleted_at=by.at)))
        case e.OldProvenDead():
            dead = _with(_forward(secret), replace(secret.old, contained_at=event.contained_at, overdue=False))
            over = not_put_back(ended(put(incident, dead), event.secret), event.secret)
            return _unreplaced(milestone(over, DEAD), dead, by)
        case e.OldValueReappeared():
            after = put(incident, _with(secret, replace(secret.old, reappeared=event.parameters)))
            return milestone(worse(after, Worse.REAPPEARED, by.at, routine=True), Worse.REAPPEARED)
        case e.ContainmentOverdue():
            after = put(incident, _with(secret, replace(secret.old, overdue=True)))
            return milestone(worse(after, Worse.UNPROVEN, by.at, routine=True), Worse.UNPROVEN)
        case _:
            assert_never(event)


def _with(secret: SecretState, old: OldValue) -> SecretState:
    """If it is no longer gone, an attacker may have made more since the last reading."""
    after = replace(secret, old=old)
    return anew(after) if secret.gone and not after.gone else after


def _unreplaced(incident: Incident, secret: SecretState, by: By) -> Incident:
    """In a planned rotation nothing may stop: an old key that is dead before the new one is live is a disturbance."""
    harm = incident.routine and not secret.in_place and not secret.entry.capabilities.swaps
    return worse(incident, Worse.UNREPLACED, by.at, routine=True) if harm else incident


def _captured(old: OldValue, event: e.OldCaptured, by: By) -> OldValue:
    return replace(
        old,
        captured_at=by.at,
        fingerprint=event.fingerprint,
        versions=event.versions,
        shared=event.shared,
        current=event.current,
        candidates=event.candidates,
        key_id=event.candidates[0].id if len(event.candidates) == 1 else "",
        exposed_since=event.exposed_since,
        hint=event.hint,
    )


def _chosen(old: OldValue, event: e.CandidateChosen) -> OldValue:
    # Only now can the provider be asked about this very key.
    taken = old.snapshot_at if old.revoked_at is not None else None
    return replace(old, key_id=event.key_id, snapshot_at=taken, owner=None)


def _used(incident: Incident, secret: SecretState, event: e.LastUseRead) -> SecretState:
    """In a planned rotation a user of the old key is a reason to ask people again, regardless of earlier answers."""
    old = replace(secret.old, used_at=event.used_at or secret.old.used_at, use_missing=event.missing)
    after = _with(secret, old)
    return voided(after) if incident.routine and used_since(after) is not None else after


def _snapshot(old: OldValue, event: e.SnapshotTaken, by: By) -> OldValue:
    alive = event.probe.liveness == "live"
    return replace(
        _answered(old, event.probe, by.at),
        snapshot=event.snapshot,
        snapshot_at=by.at,
        snapshot_missing=event.missing,
        scopes_known=event.snapshot.scopes is not None,
        baseline_at=old.baseline_at or (by.at if alive else None),
        seen_alive_at=by.at if alive else old.seen_alive_at,
    )


def _answered(old: OldValue, probe: Probe, at: datetime) -> OldValue:
    """One more probe."""
    same = old.last_probe is not None and old.last_probe.liveness == probe.liveness
    return replace(
        old,
        last_probe=probe,
        last_probe_at=at,
        answer_since=old.answer_since if same else at,
        look_failed_at=None,
        probes=old.probes + 1,
        only_refused_since=_only_refused(old, probe, at),
    )


def _looked(incident: Incident, secret: SecretState, event: e.OldProbed, by: By) -> Incident:
    was_gone = secret.gone
    secret = _with(secret, _probed(secret.old, event, by))
    if was_gone and not secret.gone and incident.open:
        incident = worse(incident, Worse.WORKS_AGAIN, by.at, routine=True)
    if effective(event) == "unknown" and not run_is_long(incident, secret.old):
        # A proof consists of consecutive probes: the result of a missing one in between is unknown.
        secret = replace(secret, old=replace(secret.old, refusals=None))
    if not incident.open:
        secret = replace(secret, old=replace(secret.old, probes_after_close=secret.old.probes_after_close + 1))
    return halted(put(incident, secret), event.secret, event.bystanders, by.at)


def _only_refused(old: OldValue, probe: Probe, at: datetime) -> datetime | None:
    """Since when it has only been refused, after this answer; one that could not tell changes nothing."""
    match probe.liveness:
        case "live":
            return None
        case "dead":
            return old.only_refused_since or at
        case _:
            return old.only_refused_since


def _probed(old: OldValue, event: e.OldProbed, by: By) -> OldValue:
    """A look that was under way when someone said that they had revoked it is no answer to that, and no part of its
    proof.
    """
    earlier = old.claimed is not None and event.claim <= old.begun_before
    old = replace(
        _answered(old, event.probe, by.at),
        last_control=event.control or old.last_control,
        reappeared=tuple(name for name in old.reappeared if name in event.standing),
        claim_answer=event.probe.liveness if old.claimed is not None and not earlier else old.claim_answer,
    )
    match effective(event):
        case "live":
            reborn = old.contained_at is not None or old.attested is not None
            return replace(
                old,
                baseline_at=old.baseline_at or by.at,
                seen_alive_at=by.at,
                refusals=None,
                contained_at=None,
                attested=None,
                overdue=old.overdue or reborn,
                deleted_at=None,
            )
        case "dead" if earlier:
            return replace(old, refused_at=old.refused_at or by.at)
        case "dead":
            run = old.refusals
            first = run.first_at if run else by.at
            return replace(
                old,
                refusals=RefusalRun(first, by.at, run.count + 1 if run else 1),
                refused_at=old.refused_at or by.at,
            )
        case _:
            return old


def revoking(secret: SecretState, at: datetime, basis: Basis | None) -> SecretState:
    """The call that revokes is about to be made."""
    return _forward(replace(secret, old=replace(secret.old, revoke_began_at=at), began_on=basis or secret.began_on))


def _forward(secret: SecretState) -> SecretState:
    """A value that is gone, or about to be, cannot be put back: the new key is put in place again."""
    return replace(secret, new=unplaced(secret.new)) if secret.new.rolling_back is not None else secret


def revoke_again(incident: Incident, secret: SecretState, at: datetime) -> SecretState:
    """A failed revocation is requested again, or checked where only people revoke. A person's claim stays shown; it
    does not stop the machine from revoking what it can.
    """
    old = replace(secret.old, revoked_at=None, refusals=None, overdue=False, retried_at=at)
    again = replace(secret, old=old)
    return replace(again, old=replace(old, overruled=old.claimed is not None and not revoked_by_hand(incident, again)))


def not_revoked_again(secret: SecretState) -> SecretState:
    """The machine has given up: a person's claim counts as it did before the machine's next try."""
    return replace(secret, old=replace(secret.old, overruled=False)) if secret.old.overruled else secret
