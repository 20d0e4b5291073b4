"""How one secret of an incident changes with an event about it."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import events as e
from bot.incident.access import copies
from bot.incident.access import evolve as access
from bot.incident.approval.consent import asked_to_kill, authored, consented
from bot.incident.approval.state import Basis, Consent
from bot.incident.changes import replace
from bot.incident.model import By, Strategy
from bot.incident.new_value.state import NewValue
from bot.incident.old_value.state import OldValue, Refusals, Streak
from bot.incident.overlap.rules import SERVES_FOR
from bot.incident.state import SecretState
from bot.model.keys import Snapshot

SecretEvent = (
    e.StrategyChosen
    | e.ReplacementAsked
    | e.KillRequested
    | e.DeathAttested
    | e.CandidateChosen
    | e.ScopesChosen
    | e.RevokedByPerson
    | e.CheckEnded
    | e.CopySettled
    | e.AbuseRecorded
    | e.SubmissionAnnounced
    | e.ValueAllowed
    | e.ValueRefused
    | e.OldCaptured
    | e.SnapshotTaken
    | e.LastUseRead
    | e.ScopesRead
    | e.OrphansFound
    | e.OrphanEnded
    | e.ValueStaged
    | e.ValueRejected
    | e.ValueVerified
    | e.ValuePromoted
    | e.ValueLive
    | e.ConsumersAsked
    | e.ConsumersFailing
    | e.FailingExcused
    | e.RollBackRequested
    | e.RollBackExtended
    | e.RolledBack
    | e.RollBackRefused
    | e.PromotionAsked
    | e.AnotherAsked
    | e.WaitingEscalated
    | e.AccessRevoked
    | e.RevocationNeedsOwner
    | e.OldProbed
    | e.OldWatched
    | e.OldProvenDead
    | e.ContainmentOverdue
    | e.OverlapHeld
    | e.OldValueReappeared
    | e.AccessInspected
    | e.OldDeleted
    | e.Swept
    | e.Unstaged
)


def added(event: e.SecretAdded, by: By) -> SecretState:
    return SecretState(
        entry=event.secret,
        strategy=event.strategy,
        strategy_reason=event.reason,
        if_failing=event.if_failing,
        target=event.target,
        added=by,
        chosen_by=by.name,
        author=Consent(by.name, by.at, frozenset(event.rights)),
        new=NewValue(wanted=event.replace),
        checks=access.checklist(event.secret),
        copies=copies.copy_list(event.secret),
    )


def changed(secret: SecretState, event: SecretEvent, by: By) -> SecretState:
    """The secret after the event."""
    match event:
        case e.StrategyChosen():
            return _strategy(secret, event, by)
        case e.ReplacementAsked():
            return authored(replace(secret, new=replace(secret.new, wanted=True)), by, event.rights)
        case e.KillRequested():
            overlaps = secret.strategy is Strategy.OVERLAP and secret.kill is None
            return asked_to_kill(secret, by, event, against_overlap=overlaps)
        case e.SubmissionAnnounced():
            new = replace(secret.new, inbox=event.inbox, submitted_by=by.name, wanted=True)
            return authored(replace(secret, new=new), by, event.rights)
        case e.CandidateChosen():
            return authored(replace(secret, old=_old(secret.old, event, by)), by, event.rights, key=True)
        case e.ValueStaged():
            return copies.outdated(replace(secret, new=_new(secret.new, event, by)))
        case (
            e.OrphansFound()
            | e.OrphanEnded()
            | e.ValueRejected()
            | e.ValueRefused()
            | e.ValueAllowed()
            | e.ValueVerified()
            | e.ValuePromoted()
            | e.ValueLive()
            | e.ConsumersAsked()
            | e.ConsumersFailing()
            | e.FailingExcused()
            | e.RollBackRequested()
            | e.RollBackExtended()
            | e.RolledBack()
            | e.RollBackRefused()
            | e.PromotionAsked()
            | e.AnotherAsked()
            | e.WaitingEscalated()
            | e.Swept()
        ):
            return replace(secret, new=_new(secret.new, event, by))
        case e.Unstaged():
            if event.old:
                return replace(secret, old=replace(secret.old, unstaged=True))
            staged = secret.new.staged if secret.new.promoted_at is not None else ""
            return replace(secret, new=replace(secret.new, unstaged=True, staged=staged))
        case e.OldCaptured():
            target = replace(secret.target, fingerprint=event.fingerprint, current=event.current)
            return replace(secret, old=_captured(secret.old, event, by), target=target)
        case e.OverlapHeld():
            return replace(secret, held_at=by.at)
        case e.OldDeleted():
            return replace(secret, old=replace(secret.old, deleted_at=by.at))
        case e.AbuseRecorded():
            return replace(secret, abused=by)
        case e.CheckEnded():
            return access.ended(secret, event, by)
        case e.CopySettled():
            return copies.settled(secret, event, by)
        case e.AccessInspected():
            return access.inspected(secret, event, by)
        case _:
            after = replace(secret, old=_old(secret.old, event, by))
            return access.anew(after) if secret.gone and not after.gone else after


def _strategy(secret: SecretState, event: e.StrategyChosen, by: By) -> SecretState:
    """An overlap ends every wish to kill at once. Its proposer made the plan; whoever agreed has consented to it."""
    overlap = event.strategy is Strategy.OVERLAP
    chosen = replace(
        secret,
        strategy=event.strategy,
        strategy_reason=event.reason,
        if_failing=event.if_failing,
        chosen_by=event.proposer or by.name,
        kill=None if overlap else secret.kill,
        glass=None if overlap else secret.glass,
    )
    if not event.proposer:
        return authored(chosen, by, event.rights)
    made = authored(chosen, By(event.proposer, by.at), event.proposer_rights)
    return consented(made, by, event.rights, event.plan, event.until)


def _captured(old: OldValue, event: e.OldCaptured, by: By) -> OldValue:
    return replace(
        old,
        captured_at=by.at,
        fingerprint=event.fingerprint,
        versions=event.versions,
        staged=event.staged,
        current=event.current,
        candidates=event.candidates,
        key_id=event.candidates[0].id if len(event.candidates) == 1 else "",
        exposed_since=event.exposed_since,
    )


def _old(
    old: OldValue,
    event: e.SnapshotTaken
    | e.LastUseRead
    | e.ScopesRead
    | e.ScopesChosen
    | e.CandidateChosen
    | e.RevokedByPerson
    | e.DeathAttested
    | e.AccessRevoked
    | e.RevocationNeedsOwner
    | e.OldProbed
    | e.OldWatched
    | e.OldProvenDead
    | e.OldValueReappeared
    | e.ContainmentOverdue,
    by: By,
) -> OldValue:
    match event:
        case e.SnapshotTaken():
            alive = event.probe.liveness == "live"
            return replace(
                old,
                snapshot=event.snapshot,
                snapshot_at=by.at,
                snapshot_missing=event.missing,
                scopes_known=event.snapshot.scopes is not None,
                last_probe=event.probe,
                last_probe_at=by.at,
                probes=old.probes + 1,
                streak=_streak(old.streak, e.OldProbed(event.claim, event.secret, event.probe), by.at),
                baseline_at=old.baseline_at or (by.at if alive else None),
                seen_alive_at=by.at if alive else old.seen_alive_at,
            )
        case e.LastUseRead():
            return replace(old, used_at=event.used_at or old.used_at, use_missing=event.missing)
        case e.ScopesRead():
            return replace(old, snapshot=event.snapshot, scopes_known=event.snapshot.scopes is not None)
        case e.ScopesChosen():
            kept = old.snapshot or Snapshot()
            return replace(old, snapshot=replace(kept, scopes=event.scopes), scopes_known=True)
        case e.CandidateChosen():
            # Only now can the provider be asked about this very key.
            taken = old.snapshot_at if old.revoked_at is not None else None
            return replace(old, key_id=event.key_id, snapshot_at=taken, owner=None)
        case e.RevokedByPerson():
            return replace(old, claimed=by, claim_answer="", refusals=None, overdue=False, streak=None)
        case e.AccessRevoked():
            revoked = replace(old, revoked_at=by.at, revoked_detail=event.detail, streak=None)
            return replace(revoked, refusals=None, overdue=False)
        case e.RevocationNeedsOwner():
            return replace(old, owner=event.owner)
        case e.DeathAttested():
            return replace(old, attested=by)
        case e.OldProbed():
            return _probed(old, event, by)
        case e.OldWatched():
            return _watched(old, event)
        case e.OldProvenDead():
            return replace(old, contained_at=event.contained_at, overdue=False)
        case e.OldValueReappeared():
            return replace(old, reappeared=event.parameters)
        case e.ContainmentOverdue():
            return replace(old, overdue=True)
        case _:
            assert_never(event)


def effective(event: e.OldProbed) -> str:
    """What a probe counts as: a refusal while no control was accepted through the same path says nothing."""
    if event.probe.liveness == "dead" and (event.control is None or event.control.liveness != "live"):
        return "unknown"
    return event.probe.liveness


def kind_of_look(look: e.OldProbed) -> str:
    """What a look saw, whatever the words of the answers."""
    seen = [look.probe, *([look.control] if look.control is not None else []), *look.bystanders]
    return "; ".join([*(f"{probe.subject} {probe.liveness}" for probe in seen), *look.standing])


def answer_of(look: e.OldProbed) -> str:
    """Its words."""
    return "; ".join(probe.detail for probe in (look.probe, look.control) if probe is not None)


def _streak(streak: Streak | None, look: e.OldProbed, at: datetime) -> Streak:
    kind, answer = kind_of_look(look), answer_of(look)
    if streak is None or streak.kind != kind:
        return Streak(kind, at, at, 1, frozenset({answer}))
    return replace(streak, until=at, count=streak.count + 1, answers=streak.answers | {answer})


def _watched(old: OldValue, event: e.OldWatched) -> OldValue:
    """More of the same. The run of refusals that a proof is made of does not grow by what was only counted."""
    streak = old.streak
    return replace(
        old,
        last_probe=event.probe,
        last_control=event.control or old.last_control,
        last_probe_at=event.until,
        probes=old.probes + event.looks,
        seen_alive_at=event.until if event.probe.liveness == "live" else old.seen_alive_at,
        claim_answer=event.probe.liveness if old.claimed is not None else "",
        streak=replace(streak, until=event.until, count=streak.count + event.looks) if streak else None,
    )


def _probed(old: OldValue, event: e.OldProbed, by: By) -> OldValue:
    old = replace(
        old,
        last_probe=event.probe,
        last_control=event.control or old.last_control,
        last_probe_at=by.at,
        probes=old.probes + 1,
        streak=_streak(old.streak, event, by.at),
        reappeared=tuple(name for name in old.reappeared if name in event.standing),
        claim_answer=event.probe.liveness if old.claimed is not None else "",
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
        case "dead":
            run = old.refusals
            first = run.first_at if run else by.at
            return replace(
                old,
                refusals=Refusals(first, by.at, run.count + 1 if run else 1),
                refused_at=old.refused_at or by.at,
            )
        case _:
            return old


def siblings_seen(secret: SecretState, event: e.SiblingsSeen, by: By) -> SecretState:
    """Those that were accepted before the revocation are looked at after it."""
    if event.after:
        return replace(secret, around=replace(secret.around, looks=secret.around.looks + 1))
    alive = frozenset(probe.subject for probe in event.probes if probe.liveness == "live")
    return replace(secret, around=replace(secret.around, seen_at=by.at, alive=alive))


def revoking(secret: SecretState, at: datetime, basis: Basis | None) -> SecretState:
    """The call that revokes is about to be made."""
    begun = replace(secret, old=replace(secret.old, revoke_began_at=at), began_on=basis or secret.began_on)
    new = secret.new
    # Nothing can serve on the old value from now on: what was rolled back goes back in its place.
    back = new.rolled_back_at is not None or new.rolling_back is not None
    return replace(begun, new=_unplaced(new)) if back else begun


def asked_of_use(secret: SecretState, at: datetime) -> SecretState:
    """Its provider is about to be asked when it was last used: once, whatever comes of it."""
    return replace(secret, old=replace(secret.old, use_asked_at=at))


def started(secret: SecretState, at: datetime) -> SecretState:
    """Its plan is being carried out, from the first time on."""
    return replace(secret, started_at=secret.started_at or at)


def make_again(secret: SecretState) -> SecretState:
    """After a rejected value of our own, a person wants another one made; while consumers fail, that they be asked."""
    asked_at = None if secret.new.failing else secret.new.asked_at
    return replace(secret, new=replace(secret.new, held=False, asked_at=asked_at))


def _unplaced(new: NewValue) -> NewValue:
    """The staged value before it is verified, put in place and found live, once more."""
    return replace(
        new,
        verified_at=None,
        unwell_before=(),
        untold="",
        versions={},
        promoted_at=None,
        placed_at=None,
        live_at=None,
        restored_at=None,
        confirmed=False,
        asked_at=None,
        failing=(),
        failing_since=None,
        excused=(),
        rolling_back=None,
        rolled_back_at=None,
        escalations=0,
        escalated_at=None,
    )


def _without(new: NewValue) -> NewValue:
    """No value: the one that there was is not to be used any more, and ends where the bot made it."""
    unused = {"issue": new.key_id, "install": new.name}.get(new.source, "")
    doomed = {**new.doomed, unused: new.doomed.get(unused, False)} if unused else new.doomed
    return replace(_unplaced(new), doomed=doomed, name="", key_id="", fingerprint="", staged="", held=False)


def given_up(secret: SecretState) -> SecretState:
    """At the close: a key that was made and never put in place must not live on."""
    new = secret.new
    unused = {"issue": new.key_id, "install": new.name}.get(new.source, "")
    if not new.staged or new.promoted_at is not None or not unused:
        return secret
    doomed = {**new.doomed, unused: new.doomed.get(unused, False)}
    return replace(secret, new=replace(new, doomed=doomed, key_id="", name="", fingerprint="", verified_at=None))


def revoke_again(secret: SecretState) -> SecretState:
    """A revocation that did not take is asked for once more, and nobody's word that it was made counts any longer."""
    old = replace(secret.old, revoked_at=None, claimed=None, claim_answer="", refusals=None, overdue=False)
    return replace(secret, old=old)


def _new(
    new: NewValue,
    event: e.OrphansFound
    | e.OrphanEnded
    | e.ValueStaged
    | e.ValueRejected
    | e.ValueRefused
    | e.ValueAllowed
    | e.ValueVerified
    | e.ValuePromoted
    | e.ValueLive
    | e.ConsumersAsked
    | e.ConsumersFailing
    | e.FailingExcused
    | e.RollBackRequested
    | e.RollBackExtended
    | e.RolledBack
    | e.RollBackRefused
    | e.PromotionAsked
    | e.AnotherAsked
    | e.WaitingEscalated
    | e.Swept,
    by: By,
) -> NewValue:
    match event:
        case e.OrphansFound():
            return replace(new, doomed={**new.doomed, **{key: False for key in event.keys if key not in new.doomed}})
        case e.OrphanEnded():
            return replace(new, doomed={**new.doomed, event.key: True})
        case e.ValueStaged():
            made = {"issue": new.key_id, "install": new.name}.get(new.source, "")
            replaced = made if made not in {event.key_id, event.name} else ""
            return replace(
                _unplaced(new),
                doomed={**new.doomed, replaced: False} if replaced else new.doomed,
                name=event.name,
                key_id=event.key_id,
                fingerprint=event.fingerprint,
                staged=event.staged,
                staged_at=by.at,
                source=event.source,
                submitted_by=event.by,
                inbox="",
                rejected="",
                held=False,
                vouched=None,
                unstaged=False,
            )
        case e.ValueAllowed():
            vouched = by if event.account else new.vouched
            return replace(new, vouched=vouched, readers_accepted=new.readers_accepted | set(event.readers))
        case e.ValueRejected() | e.ValueRefused():
            # A key that the bot made and cannot use must not live on.
            ours = new.staged != "" and new.source in {"issue", "install"}
            unusable = {"issue": new.key_id, "install": new.name}.get(new.source, "")
            doomed = {**new.doomed, unusable: False} if unusable else new.doomed
            return replace(
                new,
                rejected=event.reason,
                held=ours and not new.inbox,
                inbox="",
                name="",
                key_id="",
                fingerprint="",
                staged="",
                verified_at=None,
                doomed=doomed,
            )
        case e.ValueVerified():
            told = replace(new, untold=event.untold, unwell_before=event.unwell)
            return replace(told, verified_at=by.at, verified_detail=event.detail)
        case e.ValuePromoted():
            return replace(new, versions=event.versions, promoted_at=by.at)
        case e.ValueLive() | e.ConsumersAsked():
            return _placed(new, by, confirmed=event.confirmed, detail=event.detail)
        case e.ConsumersFailing():
            return _placed(new, by, failing=event.consumers, detail=event.detail)
        case e.FailingExcused():
            left = tuple(name for name in new.failing if name not in event.consumers)
            excused = replace(new, excused=(*new.excused, *event.consumers))
            return _failing(excused, left, by.at)
        case e.RollBackRequested():
            until = new.serves_until or by.at + SERVES_FOR
            return replace(new, rolling_back=by, serves_until=until)
        case e.RollBackExtended():
            return replace(new, serves_until=event.until)
        case e.RolledBack():
            return replace(_unplaced(new), versions=event.versions, rolled_back_at=by.at)
        case e.PromotionAsked() | e.RollBackRefused():
            return _unplaced(new)
        case e.AnotherAsked():
            return _without(new)
        case e.WaitingEscalated():
            return replace(new, escalations=event.number, escalated_at=by.at)
        case e.Swept():
            return replace(new, sweep_at=None, swept_at=by.at)
        case _:
            assert_never(event)


def _placed(new: NewValue, by: By, *, detail: str, confirmed: bool = False, failing: tuple[str, ...] = ()) -> NewValue:
    """The value is accepted and what consumers read: how they are with it. It is live since nobody refuses it."""
    placed = replace(new, placed_at=new.placed_at or by.at, asked_at=by.at, confirmed=confirmed, live_detail=detail)
    placed = replace(placed, restored_at=(new.restored_at or by.at) if confirmed else None)
    return _failing(placed, tuple(name for name in failing if name not in new.excused), by.at)


def _failing(new: NewValue, consumers: tuple[str, ...], at: datetime) -> NewValue:
    if not consumers:
        return replace(new, failing=(), failing_since=None, live_at=new.live_at or at, escalations=0, escalated_at=None)
    return replace(new, failing=consumers, failing_since=new.failing_since or at, live_at=None)
