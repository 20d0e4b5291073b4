"""Decisions on the leaked value: what people know of it, and what follows from looks at it."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.plan import revoked_by_hand, to_revoke_by_hand
from bot.incident.asked import Asked, Events
from bot.incident.evolve import evolve
from bot.incident.lanes import old_lane
from bot.incident.model import Actor, Old, Right
from bot.incident.old_value.commands import OldValueCommand
from bot.incident.old_value.proof import effective, proof_complete
from bot.incident.operations import Op
from bot.incident.refusals import Declined, clean, demand, demand_open, secret_named, when
from bot.incident.state import Incident
from bot.incident.work.retries import failed_for_good


def decide(incident: Incident, body: OldValueCommand, asked: Asked) -> Events:
    demand_open(incident)
    if isinstance(body, c.AttestDeath):
        demand(asked.actor, Right.COMMAND)
        return _attest(incident, body)
    demand(asked.actor, Right.RESPOND)
    match body:
        case c.ChooseCandidate():
            return _candidate(incident, body, asked.actor)
        case c.ConfirmRevoked():
            return _confirm_revoked(incident, body)
        case _:
            assert_never(body)


def _attest(incident: Incident, body: c.AttestDeath) -> Events:
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
        raise Declined(f"{secret.name}: its old value has not been revoked, and can be. Revoke it first.")
    return (e.DeathAttested(secret.name, reason),)


def _candidate(incident: Incident, body: c.ChooseCandidate, actor: Actor) -> Events:
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


def _confirm_revoked(incident: Incident, body: c.ConfirmRevoked) -> Events:
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


def after_probe(incident: Incident, outcome: e.OldProbed, at: datetime) -> Events:
    """What follows from a look: the proof, or, after the close, that the incident begins anew."""
    after = evolve(incident, e.Recorded(incident.seq + 1, at, "bot", outcome))
    secret = after.secrets[outcome.secret]
    if proof_complete(after, secret):
        assert secret.old.refusals is not None
        return (e.OldProvenDead(secret.name, secret.old.refusals.first_at),)
    return _after_close(incident, outcome) if not incident.open else ()


def _after_close(incident: Incident, outcome: e.OldProbed) -> Events:
    """A value that is accepted again, or that stands in a parameter again, is nobody's business while the incident is
    closed: so it is reopened, and that pages.
    """
    known_alive = outcome.secret in incident.accepted and incident.secrets[outcome.secret].old_state is Old.ALIVE
    events: list[e.Event] = []
    reasons = []
    if effective(outcome) == "live" and not known_alive:
        reasons.append("was accepted again")
    if set(outcome.standing) - set(incident.secrets[outcome.secret].old.reappeared):
        events.append(e.OldValueReappeared(outcome.secret, outcome.standing))
        reasons.append(f"stands again in {', '.join(outcome.standing)}")
    if reasons:
        events.append(e.IncidentReopened(f"the old value of {outcome.secret} {' and '.join(reasons)}"))
    return tuple(events)
