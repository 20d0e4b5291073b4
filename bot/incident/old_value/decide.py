"""Decisions on the leaked key: what people know of it, and what follows from looks at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.offers import waits_for_answer
from bot.incident.approval.plan import kill_wanted, revoked_by_hand, to_revoke_by_hand
from bot.incident.closing.open_items import OLD
from bot.incident.commands import Asked, Events, OldValueAnswer, OldValueCommand
from bot.incident.evolve import evolve
from bot.incident.lanes import Lane, function_lane, new_lane, old_lane
from bot.incident.model import Actor, Old, Right, Strategy
from bot.incident.offer import COMMANDER, NEEDED, POSSIBLE, RESPONDER, Offer
from bot.incident.old_value.rules import effective, proof_complete
from bot.incident.old_value.schedule import revocation_at
from bot.incident.operations import Op, Work
from bot.incident.order import capture_hold, kill_hold
from bot.incident.overlap.rules import held_by_readers, too_soon
from bot.incident.refusals import Declined, clean, demand, demand_open, secret_named, when
from bot.incident.state import Incident, SecretState
from bot.incident.work.rules import failed_for_good
from bot.model.keys import NONE_OF_THESE
from bot.model.providers import provider_name


def decide(incident: Incident, body: OldValueCommand | OldValueAnswer, asked: Asked) -> Events:
    demand_open(incident)
    if isinstance(body, c.AttestDeath):
        demand(asked.actor, Right.COMMAND)
        return _attest(incident, body)
    demand(asked.actor, Right.RESPOND)
    if isinstance(body, c.ChooseCandidate):
        return _candidate(incident, body, asked.actor)
    return _confirm_revoked(incident, body)


def _attest(incident: Incident, body: c.AttestDeath) -> Events:
    secret = secret_named(incident, body.secret)
    reason = clean(body.reason, "reason")
    if secret.old_state is Old.DEAD:
        raise Declined(f"{secret.name} is dead. There is nothing to vouch for.")
    if secret.old.attested is not None:
        raise Declined(f"{secret.name} was vouched dead {when(secret.old.attested)}.")
    if secret.old.captured_at is None:
        raise Declined(f"{secret.name}: the leaked key is not known yet, so no one can vouch for it.")
    if secret.old.last_probe is None:
        raise Declined(f"{secret.name}: its old key was not checked yet. Wait for the first check.")
    if secret.old.last_probe.liveness == "live":
        raise Declined(
            f"The last check of {secret.name} found that it STILL WORKS ({secret.old.last_probe.detail}). You "
            "cannot vouch for it."
        )
    if secret.old.revoked_at is None and not revoked_by_hand(incident, secret):
        raise Declined(f"{secret.name}: its old key can be revoked and was not. Revoke it first.")
    return (e.DeathAttested(secret.name, reason),)


def _candidate(incident: Incident, body: c.ChooseCandidate, actor: Actor) -> Events:
    secret = secret_named(incident, body.secret)
    if body.key_id not in {candidate.id for candidate in secret.old.candidates}:
        known = ", ".join(candidate.id for candidate in secret.old.candidates) or "none"
        raise Declined(f"{body.key_id!r} is not among the keys that {secret.name} can be: {known}.")
    if secret.old.revoked_at is not None:
        raise Declined(f"{secret.name}: key {secret.old.key_id} is already revoked.")
    claim = incident.lane(old_lane(secret.name)).claim
    if claim is not None and claim.op is Op.REVOKE:
        raise Declined(f"{secret.name}: key {secret.old.key_id} is being revoked right now.")
    return () if secret.old.key_id == body.key_id else (e.CandidateChosen(secret.name, body.key_id, actor.recorded),)


def _confirm_revoked(incident: Incident, body: c.ConfirmRevoked) -> Events:
    secret = secret_named(incident, body.secret)
    if not revoked_by_hand(incident, secret):
        raise Declined(f"{secret.name} is revoked by the bot. Use *Revoke now…* or approve the plan.")
    old = secret.old
    if not to_revoke_by_hand(incident, secret):
        told = f" It was reported revoked {when(old.claimed)}." if old.claimed is not None else ""
        raise Declined(f"{secret.name}: its old key is rejected ({secret.old_state}).{told} Nothing changed.")
    failure = incident.lane(old_lane(secret.name)).failure
    # A revocation that failed stays to be retried until the value is refused: this is someone's word.
    stays = failure is not None and failure.op is Op.REVOKE
    retried = () if stays else failed_for_good(incident, old_lane(secret.name))
    return (*retried, e.RevokedByPerson(secret.name))


def after_probe(incident: Incident, outcome: e.OldProbed, at: datetime) -> Events:
    """The events after a probe: the proof, or, after the close, a reopening."""
    after = evolve(incident, e.Recorded(incident.seq + 1, at, "bot", outcome))
    secret = after.secrets[outcome.secret]
    if proof_complete(after, secret):
        assert secret.old.refusals is not None
        return (e.OldProvenDead(secret.name, secret.old.refusals.first_at),)
    return _after_close(incident, outcome) if not incident.open else ()


def _after_close(incident: Incident, outcome: e.OldProbed) -> Events:
    """A value that is accepted again, or in a parameter again, would be ignored in a closed incident: so it is
    reopened, which pages.
    """
    accepted = f"{OLD}:{outcome.secret}" in {item.key for item in incident.accepted_items}
    known_alive = accepted and incident.secrets[outcome.secret].old_state is Old.ALIVE
    events: list[e.Event] = []
    reasons = []
    if effective(outcome) == "live" and not known_alive:
        reasons.append("was accepted again")
    if set(outcome.standing) - set(incident.secrets[outcome.secret].old.reappeared):
        events.append(e.OldValueReappeared(outcome.secret, outcome.standing))
        reasons.append(f"is back in {', '.join(outcome.standing)}")
    if reasons:
        events.append(e.IncidentReopened(f"the old key of {outcome.secret} {' and '.join(reasons)}"))
    return tuple(events)


# Offers about the leaked key: say that it was revoked, choose its key, vouch for its death.


def revoked(incident: Incident, secret: SecretState, now: datetime) -> Offer:
    owed = to_revoke_by_hand(incident, secret) and not too_soon(incident, secret, now) and incident.hold is None
    at, by_hand = provider_name(secret.entry.provider), secret.by_hand
    guide = by_hand.revoke or f"in {at}'s console {by_hand.console}"
    reason = f"revoke it by hand, then confirm it here: {guide.strip()}"
    body = c.ConfirmRevoked(secret.name)
    return Offer(c.ConfirmRevoked, body, secret.name, reason, RESPONDER, NEEDED if owed else POSSIBLE, secret.name)


def candidates(secret: SecretState) -> Iterator[Offer]:
    old = secret.old
    several = len(old.candidates) > 1 and not old.key_id and not secret.gone
    for key in old.candidates:
        known = ", ".join(word for word in (key.name, key.hint) if word)
        reason = f"if the old key is this one ({known})" if known else "if the old key is this one"
        if key.id == NONE_OF_THESE.id:
            reason = "if the old key is not the one it looks like: then a person vouches for it"
        elif key.by_looks:
            reason += "; it only looks like it"
        body = c.ChooseCandidate(secret.name, key.id)
        urgency = NEEDED if several and old.revoked_at is None else POSSIBLE
        yield Offer(c.ChooseCandidate, body, secret.name, reason, RESPONDER, urgency, secret.name)


def attest(secret: SecretState) -> Offer:
    last = secret.old.last_probe
    nobodys = secret.old.none_of_these and not secret.gone
    unclear = secret.old_state is Old.UNPROVEN or (secret.old.overdue and not secret.gone) or nobodys
    owed = unclear and (last is None or last.liveness != "live")
    reason = "it cannot be confirmed: vouch for its death by name"
    if nobodys:
        reason = "it is none of the listed keys: vouch by name that it gives access to nothing of ours"
    body = c.AttestDeath(secret.name, "")
    return Offer(c.AttestDeath, body, secret.name, reason, COMMANDER, NEEDED if owed else POSSIBLE, secret.name)


# Whether nothing that the machine does will revoke a working value.


type InHand = Mapping[Lane, frozenset[Op]]
"""What each lane is doing, or will do on its own."""


def in_hand(incident: Incident, works: Iterable[Work]) -> InHand:
    """The claims, and `works`, the incident's agenda: found once for all secrets."""
    found: dict[Lane, set[Op]] = {}
    for claim in incident.held.values():
        found.setdefault(claim.lane, set()).add(claim.op)
    for work in works:
        found.setdefault(work.lane, set()).add(work.op)
    return {lane: frozenset(ops) for lane, ops in found.items()}


def stands_still(incident: Incident, secret: SecretState, now: datetime, todo: InHand) -> bool:
    """Whether nothing that the machine does, or will do on its own, will revoke this working value."""
    if not incident.open or secret.gone or incident.halted:
        return False
    if secret.old.captured_at is None and capture_hold(incident, secret) is not None:
        return False  # it waits for another secret, which has offers of its own
    hold = kill_hold(incident, secret)
    if hold is not None and hold.until is None and secret.old.captured_at is not None:
        return False
    if secret.held_at is None and held_by_readers(incident, secret):
        return False  # people are told once the overlap's time is over
    if waits_for_answer(incident, secret, now):
        return False
    after_new = _after_new(incident, secret)
    if after_new and secret.new.promoted_at is not None and secret.new.live_at is None:
        readers = (function_lane(consumer.function) for consumer in secret.entry.consumers)
        if any(Op.REFRESH in todo.get(lane, ()) for lane in readers):
            return False
    comes = (new_lane(incident.serving(secret).name),) if after_new else ()
    lanes = (old_lane(secret.name), *comes)
    return not any(_leads_on(incident, secret, now, op) for lane in lanes for op in todo.get(lane, ()))


def _leads_on(incident: Incident, secret: SecretState, now: datetime, op: Op) -> bool:
    """A probe of a value that is not being revoked is no step towards its death, nor a look at what has the new one."""
    if op in {Op.SNAPSHOT, Op.LAST_USE, Op.SWEEP, Op.END_ORPHAN, Op.UNSTAGE, Op.CONFIRM}:
        return False
    if op is not Op.PROVE:
        return True
    if secret.old.ended_at is not None:
        return not secret.old.overdue
    stopped = incident.lane(old_lane(secret.name)).failed_for_good
    return not stopped and revocation_at(incident, secret, now) is not None


def _after_new(incident: Incident, secret: SecretState) -> bool:
    """Whether the old key is to end only once a new one has come."""
    new, capabilities = incident.serving(secret).new, secret.entry.capabilities
    if secret.old.revoked_at is not None or not new.wanted or revoked_by_hand(incident, secret):
        return False
    overlaps = secret.strategy is Strategy.OVERLAP and secret.new.wanted and not kill_wanted(secret)
    return overlaps or (capabilities.revoke_needs_replacement and not new.staged)
