"""Decisions on what people know or want of one secret, and on trying again."""

from __future__ import annotations

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.state import Check
from bot.incident.approval.plan import revoked_by_hand, to_revoke_by_hand
from bot.incident.lanes import ALL_LANES, HALT, Lane, access_lane, new_lane, old_lane
from bot.incident.model import Actor, CheckOutcome, Old
from bot.incident.operations import Op
from bot.incident.refusals import Declined, clean, secret_named, when
from bot.incident.state import Incident
from bot.incident.steps.rules import check_digest

Events = tuple[e.Event, ...]


def attest(incident: Incident, body: c.AttestDeath) -> Events:
    secret = secret_named(incident, body.secret)
    reason = clean(body.reason, "reason")
    if secret.old_state is Old.DEAD:
        raise Declined(f"{secret.name} is proven dead: nothing is left to attest.")
    if secret.old.attested is not None:
        raise Declined(f"{secret.name} was attested dead {when(secret.old.attested)}.")
    if secret.old.captured_at is None:
        raise Declined(f"{secret.name}: which value leaked is not known yet. Nobody can vouch for the end of that.")
    if secret.old.last_probe is None:
        raise Declined(f"{secret.name}: nothing has looked at its old value yet. Wait for the first look.")
    if secret.old.last_probe.liveness == "live":
        raise Declined(
            f"The last look at {secret.name} found it ALIVE ({secret.old.last_probe.detail}). It cannot "
            "be attested dead."
        )
    if secret.old.revoked_at is None and not revoked_by_hand(incident, secret):
        raise Declined(f"{secret.name}: its old value has not been revoked, and can be. Kill it first.")
    return (e.DeathAttested(secret.name, reason),)


def candidate(incident: Incident, body: c.ChooseCandidate, actor: Actor) -> Events:
    secret = secret_named(incident, body.secret)
    if body.key_id not in {candidate.id for candidate in secret.old.candidates}:
        known = ", ".join(candidate.id for candidate in secret.old.candidates) or "none"
        raise Declined(f"{body.key_id!r} is not among the keys that {secret.name} can be: {known}.")
    if secret.old.revoked_at is not None:
        raise Declined(f"{secret.name}: key {secret.old.key_id} has been revoked already.")
    claim = incident.lane(old_lane(secret.name)).claim
    if claim is not None and claim.op is Op.REVOKE:
        raise Declined(f"{secret.name}: key {secret.old.key_id} is being revoked at this very moment.")
    return () if secret.old.key_id == body.key_id else (e.CandidateChosen(secret.name, body.key_id, actor.recorded),)


def scopes(incident: Incident, body: c.ChooseScopes) -> Events:
    secret = secret_named(incident, body.secret)
    if secret.old.scopes_known or not secret.entry.capabilities.copies_scopes:
        raise Declined(f"{secret.name}: its scopes are not in question.")
    if secret.old.snapshot is None and secret.old.revoked_at is None:
        raise Declined(f"{secret.name}: its scopes are still being read; choose them if that fails.")
    if not body.scopes:
        raise Declined("Name at least one scope: no scopes would mean all rights.")
    scopes = tuple(clean(scope, "scope") for scope in body.scopes)
    return (e.ScopesChosen(secret.name, scopes), e.OperationRetried(new_lane(secret.name)))


def confirm_revoked(incident: Incident, body: c.ConfirmRevoked) -> Events:
    secret = secret_named(incident, body.secret)
    if not revoked_by_hand(incident, secret):
        raise Declined(f"{secret.name} is revoked by the machine: use kill or approve.")
    old = secret.old
    if not to_revoke_by_hand(incident, secret):
        told = f" It was reported revoked {when(old.claimed)}." if old.claimed is not None else ""
        raise Declined(f"{secret.name}: its old value is refused ({secret.old_state}).{told} Nothing was changed.")
    failure = incident.lane(old_lane(secret.name)).failure
    # A revocation that failed stays to be retried until the value is refused: this is somebody's word.
    stays = failure is not None and failure.op is Op.REVOKE
    retried = () if stays else failed_for_good(incident, old_lane(secret.name))
    return (*retried, e.RevokedByPerson(secret.name))


def end_check(incident: Incident, body: c.EndCheck) -> Events:
    """Only what is seen after the key's death counts. What the machine read as clear a person may still know better."""
    secret = secret_named(incident, body.secret)
    check = secret.checks.get(body.item)
    if check is None:
        known = ", ".join(secret.checks) or "none"
        raise Declined(f"{secret.name} has no item {body.item!r} to check. Its items: {known}.")
    if not secret.gone:
        raise Declined(
            f"The old value of {secret.name} is {secret.old_state}: whoever has it can still leave something behind. "
            "Check once it is dead."
        )
    if body.seen and body.seen != check_digest(check):
        raise Declined(f"“{check.item}” of {secret.name} has changed since this was shown to you: look again.")
    if check.ended is not None and check.outcome is body.outcome:
        raise Declined(f"“{check.item}” of {secret.name} was found {check.outcome} {when(check.ended)}.")
    return (e.CheckEnded(secret.name, check.item, body.outcome, _check_note(body, check)),)


def _check_note(body: c.EndCheck, check: Check) -> str:
    if body.outcome is CheckOutcome.HANDLED and not body.note.strip():
        raise Declined("Say in the note what was removed: the report quotes it.")
    if check.found and not body.note.strip():
        raise Declined(f"Something was found for “{check.item}”: say in the note why it may stay.")
    return clean(body.note, "note") if body.note.strip() else ""


def announce(incident: Incident, body: c.AnnounceSubmission, actor: Actor) -> Events:
    secret = secret_named(incident, body.secret)
    if secret.new.promoted_at is not None:
        raise Declined(f"{secret.name}: a new value was put in place at {secret.new.promoted_at:%H:%M:%S} UTC already.")
    retried = failed_for_good(incident, new_lane(secret.name))
    return (e.SubmissionAnnounced(secret.name, body.inbox, actor.recorded), *retried)


def failed_for_good(incident: Incident, lane: Lane) -> Events:
    failure = incident.lane(lane).failure
    return (e.OperationRetried(lane),) if failure is not None and failure.final else ()


def retry(incident: Incident, body: c.Retry) -> Events:
    lanes = list(incident.lanes) if body.lane == ALL_LANES else [body.lane]
    events: list[e.Event] = []
    for lane in lanes:
        events += failed_for_good(incident, lane) or _waits_for_person(incident, lane)
    if not events:
        events += _inspected_again(incident, body.lane)
    if incident.halted and body.lane in {ALL_LANES, HALT}:
        events.append(e.OperationRetried(HALT))
    if not events:
        raise Declined("Nothing has failed for good here: what failed is being tried again by itself.")
    return tuple(events)


def _waits_for_person(incident: Incident, lane: Lane) -> Events:
    """What did not fail, but goes on only when asked: a value that is called revoked and still answers is revoked once
    more, in place of a value of our own that was rejected another one is made, and failing consumers are asked at once.
    """
    secret = incident.secrets.get(lane.subject)
    if secret is None:
        return ()
    again = (lane == old_lane(secret.name) and secret.old.overdue and not secret.gone) or (
        lane == new_lane(secret.name) and (secret.new.held or bool(secret.new.failing))
    )
    return (e.OperationRetried(lane),) if again else ()


def _inspected_again(incident: Incident, lane: Lane) -> Events:
    """Nothing is wrong, but somebody wants the machine to look again, and names the lane."""
    secret = incident.secrets.get(lane.subject)
    wanted = secret is not None and lane == access_lane(secret.name) and secret.inspected_at is not None
    return (e.OperationRetried(lane),) if wanted and incident.open else ()


def reopen(incident: Incident, body: c.Reopen) -> Events:
    if incident.open:
        raise Declined(f"{incident.id} is open.")
    return (e.IncidentReopened(clean(body.reason, "reason")),)
