"""What people read at a terminal of a state, short and plain with the danger in capitals, and what they can do now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incident.approval.basis import kill_basis, killable, rests_on, waits_for
from bot.incident.lanes import Lane, access_lane, delete_lane, new_lane, old_lane
from bot.incident.model import New, Old
from bot.incident.order import holds
from bot.incident.overlap.rules import overlap_end
from bot.incident.state import Basis, Incident, SecretState
from bot.phrases import states
from bot.phrases.marks import plain
from bot.phrases.times import duration

OLD_STYLES = {
    Old.ALIVE: "bold red",
    Old.REJECTED: "yellow",
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
    New.UNKNOWN: "bold red",
    New.NOT_NEEDED: "",
}


def old_words(secret: SecretState) -> str:
    return plain(states.old_words(secret))


def new_words(incident: Incident, secret: SecretState) -> str:
    return plain(states.new_words(incident, secret))


def strategy_words(incident: Incident, secret: SecretState, now: datetime) -> str:
    """What will revoke the old key, and what it waits for."""
    if secret.gone or secret.old.ended_at is not None:
        return ""
    if secret.dies_in_company and secret.old.owner is not None:
        return f"a person revokes it in the console: only possible together with {secret.old.owner.words}"
    if secret.revoked_by_person:
        return "a person revokes it"
    chosen = secret.strategy.words
    if secret.old.owner is not None:
        chosen = f"deletes {secret.old.owner.words}"
    elif secret.glass is not None:
        chosen = "revoke"
    elif secret.kill is not None:
        chosen = f"revoke, requested by {secret.kill.name}"
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


def lane_words(incident: Incident, lane: Lane) -> Iterator[str]:
    """What runs in a lane, or what it last failed with."""
    state = incident.lane(lane)
    if state.failure is not None:
        yield plain(states.failure_words(state.failure))
    elif state.claim is not None:
        yield states.work_words(state.claim, state.failure)


def secret_lanes(incident: Incident, secret: SecretState, now: datetime) -> Iterator[str]:
    for lane in (old_lane, new_lane, access_lane, delete_lane):
        yield from lane_words(incident, lane(secret.name))
    if incident.open:
        yield from holds(incident, secret, now)
