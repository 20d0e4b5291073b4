"""What can be offered about one secret: kill it, say that it was revoked, choose its key, bring a new value, check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.incident import commands as c
from bot.incident.access.copies import copy_digest
from bot.incident.approval.basis import approval_missing, consenting, glass_offered, press_missing, slot_wanted
from bot.incident.approval.deadlines import to_ask
from bot.incident.approval.plan import kill_wanted, owner_kept, revoked_by_hand, to_revoke_by_hand
from bot.incident.approval.proposals import STRATEGY
from bot.incident.lanes import Lane, access_lane, delete_lane, new_lane, old_lane, usage_lane
from bot.incident.model import CheckOutcome, CopyOutcome, IfFailing, New, Old, Right, Strategy
from bot.incident.new_value.promotion import account_held, promotion_digest, promotion_words
from bot.incident.offer import COMMANDER, RESPONDER, Offer, Urgency, Who
from bot.incident.old_value.schedule import revocation_at
from bot.incident.operations import Op, Work
from bot.incident.order import capture_hold, kill_hold
from bot.incident.overlap.rules import held_by_copies, kept_while_failing, overlapping, serves_again
from bot.incident.state import Incident, SecretState
from bot.incident.steps.rules import check_digest
from bot.model.keys import NONE_OF_THESE

NEEDED, SENSIBLE, POSSIBLE = Urgency
_APPROVE = frozenset({Right.RESPOND, Right.APPROVE})


def offers_of(incident: Incident, secret: SecretState, now: datetime, free: int, works: Sequence[Work]) -> list[Offer]:
    """`works` is the agenda; `free` how many kills by one responder each the environment has left."""
    stuck = stands_still(incident, secret, now, works)
    return [
        *_kill(incident, secret, now, free, stuck=stuck),
        _revoked(incident, secret),
        *_candidates(secret),
        *_again(incident, secret),
        _scopes(incident, secret),
        _submission(secret),
        *_waiting_value(incident, secret),
        _replacement(secret),
        *_strategy(incident, secret, now),
        _failing(secret),
        *_way_back(incident, secret),
        _attest(secret),
        _glass(incident, secret, now),
        *_review(secret),
        *_checks(secret),
        *_copies(incident, secret),
    ]


# --- ending the old value -------------------------------------------------------------------------------------------


def stands_still(incident: Incident, secret: SecretState, now: datetime, works: Sequence[Work]) -> bool:
    """Whether nothing that the machine does, or will do by itself, leads to the end of this living value."""
    if not incident.open or secret.gone or incident.halted:
        return False
    if secret.old.captured_at is None and capture_hold(incident, secret) is not None:
        return False  # it waits for another secret, which has offers of its own
    hold = kill_hold(incident, secret)
    if hold is not None and hold.until is None and secret.old.captured_at is not None:
        return False
    if waits_for_answer(incident, secret, now):
        return False
    lanes = {old_lane(secret.name)} | ({new_lane(secret.name)} if _after_new(incident, secret) else set())
    claims = [(lane, state.claim.op) for lane, state in incident.lanes.items() if state.claim is not None]
    todo = [*claims, *((work.lane, work.op) for work in works)]
    if _after_new(incident, secret) and secret.new.promoted_at is not None and secret.new.live_at is None:
        readers = {consumer.function for consumer in secret.entry.consumers}
        if any(op is Op.REFRESH and lane.subject in readers for lane, op in todo):
            return False
    return not any(lane in lanes and _leads_on(incident, secret, now, op) for lane, op in todo)


def waits_for_answer(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether a second person has been asked about its plan as it is, or is about to be."""
    if not approval_missing(incident, secret, now):
        return False
    request = incident.request
    asked = request is not None and now < request.until and secret.name in request.plans
    return asked or to_ask(incident, secret, now)


def _leads_on(incident: Incident, secret: SecretState, now: datetime, op: Op) -> bool:
    """A look at a value that nobody is ending is no step towards its end."""
    if op in {Op.SNAPSHOT, Op.LAST_USE, Op.SWEEP, Op.END_ORPHAN, Op.UNSTAGE}:
        return False
    if op is not Op.PROVE:
        return True
    if secret.old.ended_at is not None:
        return not secret.old.overdue
    failure = incident.lane(old_lane(secret.name)).failure
    stopped = failure is not None and failure.final
    return not stopped and revocation_at(incident, secret, now) is not None


def _after_new(incident: Incident, secret: SecretState) -> bool:
    """Whether the old value is to end only once a new one has come."""
    if secret.old.revoked_at is not None or not secret.new.wanted or revoked_by_hand(incident, secret):
        return False
    overlaps = secret.strategy is Strategy.OVERLAP and not kill_wanted(secret)
    waits = secret.entry.capabilities.revoke_needs_replacement or secret.entry.capabilities.renews
    return overlaps or (waits and not secret.new.staged)


def undecided(incident: Incident, secret: SecretState, now: datetime) -> bool:
    """Whether nobody has decided on the kill so far that only others are waited for."""
    old = secret.old
    begun = old.revoked_at is not None or Op.REVOKE in incident.lane(old_lane(secret.name)).attempts
    pressed = kill_wanted(secret) and not press_missing(incident, secret, now)
    return not secret.gone and not begun and not pressed


def _kill(incident: Incident, secret: SecretState, now: datetime, free: int, *, stuck: bool) -> Iterator[Offer]:
    open_question = undecided(incident, secret, now) and not revoked_by_hand(incident, secret)
    kept = owner_kept(incident, secret)
    kept_alive = kept_while_failing(incident, secret) or serves_again(incident, secret)
    helps = (stuck or kept_alive) and not revoked_by_hand(incident, secret)
    urgency = NEEDED if helps else SENSIBLE if open_question or kept else POSSIBLE
    given: frozenset[str] = frozenset()
    if secret.kill is not None and not (free > 0 and slot_wanted(incident, secret, now)):
        given = frozenset(consent.name for consent in consenting(incident, secret, now))
    reason = f"the old value is alive; {secret.entry.if_killed or 'ends it now'}"
    if kept:
        reason = "ask once more for the plan that was rejected"
    who = (Who(frozenset({Right.RESPOND}), given),)
    yield Offer(c.KillNow, c.KillNow(secret.name), secret.name, reason, who, urgency, secret.name)


def _revoked(incident: Incident, secret: SecretState) -> Offer:
    owed = to_revoke_by_hand(incident, secret)
    guide = secret.entry.revoke_by_hand or f"revoke it in {secret.entry.provider}'s console {secret.entry.console}"
    reason = f"once you have revoked it: {guide.strip()}"
    body = c.ConfirmRevoked(secret.name)
    return Offer(c.ConfirmRevoked, body, secret.name, reason, RESPONDER, NEEDED if owed else POSSIBLE, secret.name)


def _candidates(secret: SecretState) -> Iterator[Offer]:
    old = secret.old
    several = len(old.candidates) > 1 and not old.key_id and not secret.gone
    for key in old.candidates:
        known = ", ".join(word for word in (key.name, key.hint) if word)
        reason = f"if the leaked key is this one ({known})" if known else "if the leaked key is this one"
        if key.id == NONE_OF_THESE.id:
            reason = "if the leaked value is not the key that it looks like: then a person answers for its end"
        elif key.by_looks:
            reason += "; it only looks like it"
        body = c.ChooseCandidate(secret.name, key.id)
        urgency = NEEDED if several and old.revoked_at is None else POSSIBLE
        yield Offer(c.ChooseCandidate, body, secret.name, reason, RESPONDER, urgency, secret.name)


def _attest(secret: SecretState) -> Offer:
    last = secret.old.last_probe
    nobodys = secret.old.none_of_these and not secret.gone
    unclear = secret.old_state is Old.UNPROVEN or (secret.old.overdue and not secret.gone) or nobodys
    owed = unclear and (last is None or last.liveness != "live")
    reason = "no proof is to be had: vouch for its death by name"
    if nobodys:
        reason = "it is none of the listed keys: vouch by name that it opens nothing of ours"
    body = c.AttestDeath(secret.name, "")
    return Offer(c.AttestDeath, body, secret.name, reason, COMMANDER, NEEDED if owed else POSSIBLE, secret.name)


def _glass(incident: Incident, secret: SecretState, now: datetime) -> Offer:
    offered = glass_offered(incident, secret, now)
    reason = "if nobody can be reached and it cannot wait: kills without the second person, and is reviewed afterwards"
    body = c.BreakGlass((secret.name,), "")
    return Offer(c.BreakGlass, body, secret.name, reason, RESPONDER, SENSIBLE if offered else POSSIBLE, secret.name)


def _review(secret: SecretState) -> Iterator[Offer]:
    if secret.broken is None:
        return
    excluded = frozenset({secret.broken.name})
    who = tuple(Who(frozenset({right}), excluded) for right in (Right.APPROVE, Right.COMMAND))
    reason = f"{secret.broken.name} broke the glass; another person with approve or command must review it"
    body = c.ReviewGlass("", (secret.name,))
    yield Offer(c.ReviewGlass, body, secret.name, reason, who, NEEDED)


def _strategy(incident: Incident, secret: SecretState, now: datetime) -> Iterator[Offer]:
    """The other strategy; and the other choice for the end of an overlap while consumers fail."""
    other = Strategy.OVERLAP if secret.strategy is Strategy.KILL_FIRST else Strategy.KILL_FIRST
    proposal = incident.proposal
    proposed = proposal is not None and proposal.what == STRATEGY and proposal.subject == secret.name
    useful = undecided(incident, secret, now) and not revoked_by_hand(incident, secret) and not proposed
    weaker = other is Strategy.OVERLAP
    who = (Who(frozenset({Right.RESPOND}), human=weaker),)
    reason = "if the old value is to live until the new one does" if weaker else "if the old value is to end at once"
    body = c.ChooseStrategy(secret.name, other, "")
    yield Offer(c.ChooseStrategy, body, secret.name, reason, who, SENSIBLE if useful else POSSIBLE, secret.name)
    body = c.ChooseStrategy(secret.name, Strategy.OVERLAP, "", IfFailing.END)
    if weaker:
        reason = "the same, and the old value ends even while consumers fail with the new one"
        yield Offer(c.ChooseStrategy, body, secret.name, reason, who, POSSIBLE, secret.name)
    elif secret.if_failing is IfFailing.KEEP:
        reason = "if the old value is to end after the overlap even while consumers fail with the new one"
        yield Offer(c.ChooseStrategy, body, secret.name, reason, RESPONDER, POSSIBLE, secret.name)
    else:
        reason = "if the old value is to be kept while consumers fail with the new one"
        kept = c.ChooseStrategy(secret.name, Strategy.OVERLAP, "")
        human = (Who(frozenset({Right.RESPOND}), human=True),)
        yield Offer(c.ChooseStrategy, kept, secret.name, reason, human, POSSIBLE, secret.name)


def _way_back(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    """While consumers fail, back to the old value; and forward again."""
    name, back = secret.name, serves_again(incident, secret)
    urgent = SENSIBLE if secret.new.failing else POSSIBLE
    reason = "puts the LEAKED value back in place while it still lives, for an hour: people are woken every hour"
    yield Offer(c.RollBack, c.RollBack(name, ""), name, reason, RESPONDER, urgent, name)
    needed = NEEDED if back else POSSIBLE
    reason = "a leaked key serves production: put the new value in place again"
    yield Offer(c.PromoteAgain, c.PromoteAgain(name), name, reason, RESPONDER, needed, name)
    reason = "a leaked key serves production: have another new value made"
    yield Offer(c.MakeAnother, c.MakeAnother(name), name, reason, RESPONDER, SENSIBLE if back else POSSIBLE, name)
    human = (Who(frozenset({Right.RESPOND}), human=True),)
    reason = "lets the leaked key serve for another hour; a second person must agree"
    yield Offer(c.ExtendRollBack, c.ExtendRollBack(name, ""), name, reason, human, SENSIBLE if back else POSSIBLE, name)
    reason = "if somebody is seen using the leaked value: that ends an overlap"
    ends = overlapping(secret) and not secret.gone and secret.old.revoked_at is None
    yield Offer(c.RecordAbuse, c.RecordAbuse(name, ""), name, reason, RESPONDER, SENSIBLE if ends else POSSIBLE, name)


def _failing(secret: SecretState) -> Offer:
    before = [name for name in secret.new.failing if name in secret.new.unwell_before]
    reason = f"{' and '.join(before)} failed before the new value too: it is not to blame"
    body = c.ExcuseFailing(secret.name, "")
    return Offer(c.ExcuseFailing, body, secret.name, reason, RESPONDER, SENSIBLE if before else POSSIBLE, secret.name)


# --- the new value --------------------------------------------------------------------------------------------------


def _submission(secret: SecretState) -> Offer:
    new = secret.new
    none = secret.new_state is New.NONE and not new.inbox
    owed = none and (secret.made_by_person or bool(new.rejected))
    guide = secret.entry.issue_by_hand or f"make a new one in {secret.entry.provider}'s console"
    body = c.AnnounceSubmission(secret.name, "")
    reason = f"to bring a new value: {guide.strip()}"
    return Offer(c.AnnounceSubmission, body, secret.name, reason, RESPONDER, NEEDED if owed else POSSIBLE, secret.name)


def _waiting_value(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    """A verified value that is not put in its place: go on all the same, or not with this one."""
    words, seen = promotion_words(incident, secret), promotion_digest(incident, secret)
    who, reason = RESPONDER, "; ".join(words) or "to put the new value in place all the same"
    if account_held(secret):
        who = (Who(_APPROVE, frozenset({secret.new.submitted_by}), human=True),)
    urgency = NEEDED if words else POSSIBLE
    yield Offer(c.UseValue, c.UseValue(secret.name, "", seen), secret.name, reason, who, urgency, secret.name)
    reason = "if the new value is not one of ours: another one is awaited then"
    urgency = SENSIBLE if account_held(secret) else POSSIBLE
    yield Offer(
        c.RefuseValue, c.RefuseValue(secret.name, "", seen), secret.name, reason, RESPONDER, urgency, secret.name
    )


def _replacement(secret: SecretState) -> Offer:
    waits = secret.entry.capabilities.revoke_needs_replacement and not secret.gone and secret.old.revoked_at is None
    reason = "its provider ends the old value only for a new one" if waits else "if it is to be replaced all the same"
    urgency = NEEDED if waits and not secret.new.wanted else SENSIBLE if not secret.new.wanted else POSSIBLE
    return Offer(c.AskReplacement, c.AskReplacement(secret.name), secret.name, reason, RESPONDER, urgency, secret.name)


def _scopes(incident: Incident, secret: SecretState) -> Offer:
    failure = incident.lane(new_lane(secret.name)).failure
    unread = failure is not None and failure.op is Op.READ_SCOPES and not secret.new.staged
    urgency = NEEDED if unread and failure is not None and failure.final else SENSIBLE if unread else POSSIBLE
    reason = "the old key's rights are unknown: choose the new one's"
    body = c.ChooseScopes(secret.name, ())
    return Offer(c.ChooseScopes, body, secret.name, reason, RESPONDER, urgency, secret.name)


# --- again, and afterwards ------------------------------------------------------------------------------------------


def _again(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    """A retry of each of the secret's lanes that waits for one; of what merely can be read again, when asked."""
    for lane in own_lanes(secret):
        failure = incident.lane(lane).failure
        failed = failure is not None and failure.final
        overdue = lane == old_lane(secret.name) and secret.old.overdue and not secret.gone
        held = lane == new_lane(secret.name) and (secret.new.held or bool(secret.new.failing))
        if failed or overdue or held or lane == access_lane(secret.name):
            urgency = NEEDED if failed or overdue or held else POSSIBLE
            yield Offer(
                c.Retry, c.Retry(lane), str(lane), _why_again(incident, secret, lane), RESPONDER, urgency, secret.name
            )


def own_lanes(secret: SecretState) -> tuple[Lane, ...]:
    """The lanes that work for this secret alone."""
    return tuple(kind(secret.name) for kind in (old_lane, new_lane, access_lane, delete_lane, usage_lane))


def _why_again(incident: Incident, secret: SecretState, lane: Lane) -> str:
    failure = incident.lane(lane).failure
    if failure is not None and failure.final:
        return failure.message
    if lane == old_lane(secret.name):
        return "it was revoked, and its death is not proven: revoke it once more"
    if lane == new_lane(secret.name) and secret.new.failing:
        return f"{' and '.join(secret.new.failing)} fail with the new value: ask them at once"
    if lane == new_lane(secret.name):
        return f"the new value was rejected ({secret.new.rejected}): make another one"
    return "to have the machine look again"


def _checks(secret: SecretState) -> Iterator[Offer]:
    for check in secret.checks.values():
        for outcome in CheckOutcome:
            body = c.EndCheck(secret.name, check.item, outcome, "", check_digest(check))
            urgency = SENSIBLE if check.open and secret.gone else POSSIBLE
            reason = f"what may outlive the dead key: {check.item}"
            yield Offer(c.EndCheck, body, check.item, reason, RESPONDER, urgency, secret.name)


def _copies(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    """The old value cannot end at the end of an overlap while a copy may still be served by it."""
    held = bool(held_by_copies(incident, secret))
    for state in secret.copies.values():
        for outcome in CopyOutcome:
            body = c.SettleCopy(secret.name, state.copy.name, outcome, "", copy_digest(state))
            urgency = POSSIBLE if not state.open else NEEDED if held else SENSIBLE
            reason = f"{state.copy.where}: {_COPY_WORDS[outcome]}"
            yield Offer(c.SettleCopy, body, state.copy.name, reason, RESPONDER, urgency, secret.name)


_COPY_WORDS = {
    CopyOutcome.UPDATED: "once it has the new value",
    CopyOutcome.PURGED: "once nothing of it is left",
    CopyOutcome.ACCEPTED: "if the old value may stay there",
}
