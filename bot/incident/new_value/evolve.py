"""How the state of the replacement changes."""

from __future__ import annotations

from typing import assert_never

from bot.incident import events as e
from bot.incident.access.copies import outdated, placed_again
from bot.incident.approval.consent import authored
from bot.incident.changes import decided, milestone, put, replace, responded, worse
from bot.incident.events import NewValueEvent
from bot.incident.lanes import new_lane
from bot.incident.model import By, Worse
from bot.incident.new_value.transitions import ending, given_up, unplaced
from bot.incident.operations import Op
from bot.incident.state import Incident, NewValue, SecretState
from bot.incident.work.rules import NEEDS_PERSON, hurried, readers_hurried
from bot.model.keys import Snapshot

HANDED_OVER = "a new key was handed over: the work continues"


def evolve(incident: Incident, event: NewValueEvent, by: By) -> Incident:
    secret = incident.secrets[event.secret]
    old, new = secret.old, secret.new
    match event:
        case e.ReplacementAsked():
            wanted = replace(secret, new=replace(new, wanted=True))
            return decided(incident, authored(incident, wanted, by, event.rights), by)
        case e.SubmissionAnnounced():
            tries = incident.lane(new_lane(event.secret)).attempts.get(Op.RECEIVE, 0)
            brought = replace(new, inbox=event.inbox, receiving=False, submitted_by=by.name, wanted=True)
            brought = replace(brought, taken_before=tries)
            incident = milestone(incident, HANDED_OVER) if event.called_for else incident
            return decided(incident, authored(incident, replace(secret, new=brought), by, event.rights), by)
        case e.ScopesRead():
            known = event.snapshot.scopes is not None
            return put(incident, replace(secret, old=replace(old, snapshot=event.snapshot, scopes_known=known)))
        case e.ScopesChosen():
            kept = replace(old.snapshot or Snapshot(), scopes=event.scopes)
            return decided(incident, replace(secret, old=replace(old, snapshot=kept, scopes_known=True)), by)
        case e.ValueAllowed():
            allowed = replace(new, vouched=by if event.account else new.vouched)
            allowed = replace(allowed, readers_accepted=new.readers_accepted | set(event.readers))
            return responded(hurried(_put(incident, secret, allowed), new_lane(event.secret)), by)
        case e.ValueRefused():
            return decided(incident, replace(secret, new=_rejected(new, event, new.inbox)), by)
        case e.ValueRejected():
            after = _put(incident, secret, _rejected(new, event, _waiting(new)))
            held = after.secrets[event.secret].new.held
            return worse(milestone(after, NEEDS_PERSON), Worse.FAILED, by.at) if held else after
        case e.ValueVerified():
            told = replace(new, untold=event.untold, unwell_before=event.unwell)
            after = _put(incident, secret, replace(told, verified_at=by.at, verified_detail=event.detail))
            waits = event.untold and not new.untold
            return worse(milestone(after, Worse.VALUE_WAITS), Worse.VALUE_WAITS, by.at) if waits else after
        case e.ValueStaged():
            staged = outdated(replace(secret, new=_staged(new, event, by)))
            return put(incident, staged if incident.open else given_up(incident, staged))
        case e.ValuePromoted():
            placed = replace(new, versions=event.versions, standing=event.versions, promoted_at=by.at)
            orphans = {key: ended for key, ended in new.orphans.items() if ended or key != new.ours}
            placed = replace(placed, back_since=None, overdue=False, orphans=orphans)  # a key in use is none of them
            return readers_hurried(put(incident, placed_again(replace(secret, new=placed))), secret)
        case e.OrphansFound():
            found = {key: False for key in event.keys if key not in new.known_keys}
            room = event.made_room or new.made_room
            return _put(incident, secret, replace(new, orphans={**new.orphans, **found}, made_room=room))
        case e.OrphanEnded():
            left = {key: value for key, value in new.superseded.items() if key != event.key}
            return _put(incident, secret, replace(new, orphans={**new.orphans, event.key: True}, superseded=left))
        case e.Swept():
            return _put(incident, secret, replace(new, sweep_at=None, made_room=event.made_room or new.made_room))
        case e.Unstaged():
            return put(incident, _unstaged(secret, event))
        case _:
            assert_never(event)


def _put(incident: Incident, secret: SecretState, new: NewValue) -> Incident:
    return put(incident, replace(secret, new=new))


def _waiting(new: NewValue) -> str:
    """Submissions that remain in the inbox after a claim: the later ones."""
    return "" if new.receiving else new.inbox


def _staged(new: NewValue, event: e.ValueStaged, by: By) -> NewValue:
    waiting = _waiting(new)
    before = new if new.ours in {event.key_id, event.name} else ending(new)
    return replace(
        unplaced(before),
        name=event.name,
        key_id=event.key_id,
        fingerprint=event.fingerprint,
        staged=event.staged,
        staged_at=by.at,
        verified_at=None,
        unwell_before=(),
        untold="",
        promote_began_at=None,
        source=event.source,
        made_room=event.made_room or new.made_room,
        submitted_by=new.submitted_by if waiting else event.by,
        inbox=waiting,
        rejected="",
        held=False,
        vouched=None,
        unstaged=False,
    )


def _rejected(new: NewValue, event: e.ValueRejected | e.ValueRefused, waiting: str) -> NewValue:
    # A key that the bot made and cannot use must not live on.
    ours = new.staged != "" and new.source in {"issue", "install"}
    return replace(
        ending(new),
        rejected=event.reason,
        held=ours and not new.inbox,
        inbox=waiting,
        name="",
        key_id="",
        fingerprint="",
        staged="",
        verified_at=None,
        promote_began_at=None,
    )


def _unstaged(secret: SecretState, event: e.Unstaged) -> SecretState:
    if event.old:
        return secret  # its lane records that it is done
    left = replace(secret.new, unstaged=True)
    if left.promoted_at is None:  # no value is left that could be put in place, or be held
        left = replace(left, staged="", verified_at=None, untold="")
    return replace(secret, new=left)
