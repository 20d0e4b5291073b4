"""Offers to try again."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incident import commands as c
from bot.incident.lanes import HALT, Lane, access_lane, delete_lane, function_lane, new_lane, old_lane, usage_lane
from bot.incident.offer import NEEDED, POSSIBLE, RESPONDER, SENSIBLE, Offer
from bot.incident.overlap.rules import held_by_readers, readers_words
from bot.incident.state import Incident, SecretState
from bot.incident.work.retries import incomplete_lanes


def of_secret(incident: Incident, secret: SecretState) -> Iterator[Offer]:
    """A retry of each of the secret's lanes that waits for one; of what merely can be read again, when asked."""
    for lane in own_lanes(secret):
        failed = incident.lane(lane).failed_for_good
        overdue = lane == old_lane(secret.name) and secret.old.overdue and not secret.gone
        held = lane == new_lane(secret.name) and (secret.new.held or bool(secret.new.failing))
        if failed or overdue or held or lane == access_lane(secret.name):
            urgency = NEEDED if failed or overdue or held else POSSIBLE
            yield Offer(
                c.Retry, c.Retry(lane), str(lane), _why_again(incident, secret, lane), RESPONDER, urgency, secret.name
            )

    for name in held_by_readers(incident, secret):
        lane = function_lane(name)
        urgency = NEEDED if secret.held_at is not None else SENSIBLE
        reason = readers_words(incident, [name])
        yield Offer(c.Retry, c.Retry(lane), str(lane), reason, RESPONDER, urgency, secret.name)


def own_lanes(secret: SecretState) -> tuple[Lane, ...]:
    """The lanes that work for this secret alone."""
    return tuple(kind(secret.name) for kind in (old_lane, new_lane, access_lane, delete_lane, usage_lane))


def _of_a_secret(incident: Incident, lane: Lane) -> bool:
    secret = incident.secrets.get(lane.subject)
    return secret is not None and lane in own_lanes(secret)


def _why_again(incident: Incident, secret: SecretState, lane: Lane) -> str:
    failure = incident.lane(lane).failure
    if failure is not None and failure.final:
        return failure.message
    if lane == old_lane(secret.name):
        again = "ask once more whether it is refused" if secret.revoked_by_person else "revoke it once more"
        return f"it was revoked, and its death is not proven: {again}"
    if lane == new_lane(secret.name) and secret.new.failing:
        return f"{' and '.join(secret.new.failing)} fail with the new value: ask them at once"
    if lane == new_lane(secret.name) and not secret.new.rejected:
        serves = "its old value has ended" if secret.gone else "the old key serves production"
        return f"{serves}: put {'the new value in place again' if secret.new.staged else 'another one in its place'}"
    if lane == new_lane(secret.name):
        return f"the new value was rejected ({secret.new.rejected}): make another one"
    return "to have the machine look again"


def of_incident(incident: Incident) -> Iterator[Offer]:
    """What failed for good and belongs to no secret, everything at once, and going on after a halt."""
    if incident.halted:
        reason = f"everything is halted: {incident.halted}. Look, then go on"
        yield Offer(c.Retry, c.Retry(HALT), str(HALT), reason, RESPONDER, NEEDED)
    for lane, state in incident.lanes.items():
        if state.failure is not None and state.failure.final and not _of_a_secret(incident, lane):
            yield Offer(c.Retry, c.Retry(lane), str(lane), state.failure.message, RESPONDER, NEEDED)
    for lane in incomplete_lanes(incident):
        reason = readers_words(incident, [lane.subject])
        yield Offer(c.Retry, c.Retry(lane), str(lane), reason, RESPONDER)
    yield Offer(c.Retry, c.Retry(), "", "to retry whatever failed and needs action", RESPONDER)
