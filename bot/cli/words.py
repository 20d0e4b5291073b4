"""The words by which people read a state in a terminal: short, plain text, the danger in capitals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from bot.incident.approval.basis import kill_basis, killable, rests_on, waits_for
from bot.incident.approval.state import Basis
from bot.incident.lanes import Lane, access_lane, delete_lane, new_lane, old_lane
from bot.incident.model import New, Old, Strategy, TargetKind
from bot.incident.operations import OPERATIONS, Claim, Failure, Op
from bot.incident.order import holds
from bot.incident.overlap.rules import overlap_end
from bot.incident.state import Incident, SecretState
from bot.phrases.events import claim_words, failing_words, key_words, serves_words
from bot.phrases.times import counted, duration, listed

OLD_STYLES = {
    Old.ALIVE: "bold red",
    Old.REVOKING: "yellow",
    Old.UNPROVEN: "yellow",
    Old.ATTESTED: "magenta",
    Old.DEAD: "green",
}
NEW_STYLES = {
    New.NONE: "",
    New.STAGED: "cyan",
    New.PROMOTED: "cyan",
    New.LIVE: "green",
    New.UNCONFIRMED: "yellow",
    New.FAILING: "bold red",
    New.ROLLED_BACK: "bold red",
    New.NOT_NEEDED: "",
}


def clock(at: datetime) -> str:
    """``03:14:07 UTC``."""
    return f"{at:%H:%M:%S} UTC"


def headline(incident: Incident) -> str:
    """What is true now, the worst first, in one sentence."""
    secrets = list(incident.secrets.values())
    if not secrets:
        return "No secret has been named yet."
    parts = [*_of_old(secrets, Old.ALIVE, "ALIVE"), *_not_proven(secrets)]
    parts += _of_old(secrets, Old.ATTESTED, "attested dead by a person, not proven")
    dead = [s for s in secrets if s.old_state is Old.DEAD]
    if len(dead) == len(secrets):
        every = {1: "The old value is", 2: "Both old values are"}.get(len(dead), f"All {len(dead)} old values are")
        parts.append(f"{every} proven dead")
    elif dead:
        parts.append(f"{len(dead)} of {counted(len(secrets), 'old value')} proven dead")
    parts += [words for s in secrets if (words := serves_words(incident, s))]
    parts += of_new(secrets)
    return "; ".join(parts) + "."


def _of_old(secrets: list[SecretState], state: Old, words: str) -> list[str]:
    names = [s.name for s in secrets if s.old_state is state]
    verb = "is" if len(names) == 1 else "are"
    return [f"{listed(names)} {verb} {words}"] if names else []


def _not_proven(secrets: list[SecretState]) -> list[str]:
    """What only people say to be revoked is called refused: that much was seen."""
    left = [s for s in secrets if s.old_state in {Old.REVOKING, Old.UNPROVEN}]
    phrases = []
    for how, said in (("revoked", True), ("refused", False)):
        names = [s.name for s in left if (s.old.revoked_at is not None) is said]
        verb = "is" if len(names) == 1 else "are"
        phrases += [f"{listed(names)} {verb} {how}, NOT PROVEN DEAD"] if names else []
    return phrases


def of_new(secrets: list[SecretState]) -> Iterator[str]:
    """What is to be said of the new values together: only those with which every consumer is well are live."""
    failing = [s.name for s in secrets if s.new_state is New.FAILING]
    if failing:
        yield f"consumers FAIL with the new value of {listed(failing)}"
    lacking = [s.name for s in secrets if not s.in_place and s.new_state is not New.FAILING]
    if lacking:
        yield f"no new value in place for {listed(lacking)}"
    unconfirmed = [s.name for s in secrets if s.new_state is New.UNCONFIRMED]
    if unconfirmed:
        yield f"the new value of {listed(unconfirmed)} is in place, UNCONFIRMED by its consumers"
    if all(s.restored for s in secrets):
        yield "every new value is live" if len(secrets) > 1 else "the new one is live"


def old_words(secret: SecretState) -> str:
    old = secret.old
    match secret.old_state:
        case Old.ALIVE:
            claimed = claim_words(secret)
            late = "; STILL NOT PROVEN DEAD" if old.overdue else ""
            return f"ALIVE: {claimed}{late}" if claimed else "ALIVE"
        case Old.REVOKING if old.revoked_at is None:
            late = ", STILL NOT PROVEN DEAD: treat it as alive" if old.overdue else ", not yet proven dead"
            return f"{claim_words(secret)}{late}{_refusals(secret)}"
        case Old.REVOKING if old.overdue:
            return "revoked, STILL NOT PROVEN DEAD: treat it as alive"
        case Old.REVOKING:
            return f"revoked, not yet proven dead{_refusals(secret)}"
        case Old.UNPROVEN:
            return "UNPROVEN: was never seen alive. Treat it as alive"
        case Old.ATTESTED:
            assert old.attested is not None
            return f"attested dead by {old.attested.name} at {clock(old.attested.at)}, not proven"
        case Old.DEAD:
            return "proven dead" + (f" since {clock(old.contained_at)}" if old.contained_at else "")
        case _:
            assert_never(secret.old_state)


def _refusals(secret: SecretState) -> str:
    run = secret.old.refusals
    return f" ({counted(run.count, 'refusal')} so far)" if run is not None else ""


def new_words(secret: SecretState) -> str:
    new = secret.new
    named = f" {new.fingerprint}" if new.fingerprint else ""
    match secret.new_state:
        case New.NONE:
            return f"none yet; the submitted one was rejected: {new.rejected}" if new.rejected else "none yet"
        case New.STAGED:
            return f"staged{named}" + (", verified" if new.verified_at else "")
        case New.PROMOTED:
            return f"in place{named}, not yet verified live"
        case New.LIVE:
            return f"live{named}" + (f" since {clock(new.restored_at)}" if new.restored_at else "")
        case New.UNCONFIRMED:
            return f"in place{named}, unconfirmed: not every consumer can say whether it is well with it"
        case New.ROLLED_BACK:
            return f"staged{named}, ROLLED BACK" + (f" at {clock(new.rolled_back_at)}" if new.rolled_back_at else "")
        case New.FAILING:
            return f"in place{named}, {failing_words(secret)}"
        case New.NOT_NEEDED:
            return "not needed: an older value leaked"
        case _:
            assert_never(secret.new_state)


def target_words(secret: SecretState) -> str:
    """Which value is meant, and how sure that is."""
    kind = "confirmed" if secret.target.kind is TargetKind.CONFIRMED else "assumed current, nobody compared it"
    fingerprint = secret.old.fingerprint or secret.target.fingerprint
    key = f", key: {key_words(secret.old)}" if secret.old.key_id else ""
    return f"{fingerprint} ({kind}{key})" if fingerprint else f"not captured yet ({kind})"


def strategy_words(incident: Incident, secret: SecretState, now: datetime) -> str:
    """What will end the old value, and what it waits for."""
    if secret.gone or secret.old.ended_at is not None:
        return ""
    if secret.dies_in_company and secret.old.owner is not None:
        return f"a person ends it in the console: it ends only together with {secret.old.owner.words}"
    if secret.revoked_by_person:
        return "a person revokes it"
    chosen = "kill first" if secret.strategy is Strategy.KILL_FIRST else "overlap"
    if secret.old.owner is not None:
        chosen = f"deletes {secret.old.owner.words}"
    elif secret.glass is not None:
        chosen = "kill"
    elif secret.kill is not None:
        chosen = f"kill, asked for by {secret.kill.name}"
    words = [chosen]
    end = overlap_end(incident, secret)
    if end is not None and secret.kill is None and secret.glass is None:
        left = (end - now).total_seconds()
        words.append(f"overlap ends in {duration(left)}" if left > 0 else "the overlap is over")
    basis = kill_basis(incident, secret, now)
    if isinstance(basis, Basis):
        words.append(f"rests on {rests_on(basis)}")
    elif killable(secret) or basis.why == "":
        words.append(waits_for(basis))
    return "; ".join(words)


def lane_words(incident: Incident, lane: Lane, now: datetime) -> Iterator[str]:
    """What runs in a lane, or what it last failed with."""
    state = incident.lane(lane)
    if state.failure is not None:
        yield failure_words(state.failure, now)
    elif state.claim is not None:
        yield _claim(state.claim)


def secret_lanes(incident: Incident, secret: SecretState, now: datetime) -> Iterator[str]:
    yield from lane_words(incident, old_lane(secret.name), now)
    yield from lane_words(incident, new_lane(secret.name), now)
    yield from lane_words(incident, access_lane(secret.name), now)
    yield from lane_words(incident, delete_lane(secret.name), now)
    if incident.open:
        yield from holds(incident, secret, now)


def _claim(claim: Claim) -> str:
    return OPERATIONS[claim.op].doing + (
        f", attempt {claim.attempt}" if claim.attempt > 1 and claim.op is not Op.PROVE else ""
    )


def failure_words(failure: Failure, now: datetime) -> str:
    what = OPERATIONS[failure.op].doing
    if failure.final:
        return f"FAILED for good at {what}: {failure.message}"
    wait = max((failure.retry_at - now).total_seconds(), 0)
    again = f"again in {duration(round(wait))}" if wait >= 1 else "trying again"
    return f"failed at {what}: {failure.message}; {again}"
