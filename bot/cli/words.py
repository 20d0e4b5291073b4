"""What people read at a terminal of a state, short and plain with the danger in capitals, and what they can do now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident import commands as c
from bot.incident.approval.basis import kill_basis, killable, rests_on, waits_for
from bot.incident.commands import Act
from bot.incident.lanes import Lane, access_lane, delete_lane, new_lane, old_lane
from bot.incident.model import New, Old, TargetKind
from bot.incident.offers import Offer, Urgency, unblocked, urged
from bot.incident.order import holds
from bot.incident.overlap.rules import overlap_end
from bot.incident.state import Basis, Incident, SecretState
from bot.incident.two_people import others_words
from bot.phrases import states
from bot.phrases.marks import plain
from bot.phrases.readers import ANSWERS
from bot.phrases.times import duration, listed
from bot.phrases.typed import command_line

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
    New.UNKNOWN: "bold red",
    New.NOT_NEEDED: "",
}


def old_words(secret: SecretState) -> str:
    return plain(states.old_words(secret))


def new_words(incident: Incident, secret: SecretState) -> str:
    return plain(states.new_words(incident, secret))


def strategy_words(incident: Incident, secret: SecretState, now: datetime) -> str:
    """What will end the old value, and what it waits for."""
    if secret.gone or secret.old.ended_at is not None:
        return ""
    if secret.dies_in_company and secret.old.owner is not None:
        return f"a person ends it in the console: it ends only together with {secret.old.owner.words}"
    if secret.revoked_by_person:
        return "a person revokes it"
    chosen = states.STRATEGIES[secret.strategy]
    if secret.old.owner is not None:
        chosen = f"deletes {secret.old.owner.words}"
    elif secret.glass is not None:
        chosen = "revoke"
    elif secret.kill is not None:
        chosen = f"revoke, asked for by {secret.kill.name}"
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
    yield from lane_words(incident, old_lane(secret.name))
    yield from lane_words(incident, new_lane(secret.name))
    yield from lane_words(incident, access_lane(secret.name))
    yield from lane_words(incident, delete_lane(secret.name))
    if incident.open:
        yield from holds(incident, secret, now)


# What a person can usefully do now, as exact commands, the most urgent first: the offers that are urged.


@dataclass(frozen=True)
class NextAction:
    """`command` can be typed as it stands, but for words in capitals; `why` is a phrase."""

    command: str
    why: str


def next_actions(incident: Incident, now: datetime) -> list[NextAction]:
    """What is needed, then what makes sense. Several offers that are given by one command are one action."""
    sensible = unblocked(offer for offer in urged(incident, now) if offer.urgency < Urgency.POSSIBLE)
    alike: dict[tuple[type[Act], str], list[Offer]] = {}
    for offer in sensible:
        alike.setdefault(_about(offer), []).append(offer)
    actions: dict[str, NextAction] = {}
    for offer in sensible:
        same = alike[_about(offer)]
        if offer is same[0] or offer.kind is not c.BreakGlass:  # one command for all of them
            line = command_line(incident, offer, same)
            actions.setdefault(line, NextAction(line, _why(incident, offer, same)))
    return [*actions.values(), *_to_compare(incident)]


def _to_compare(incident: Incident) -> Iterator[NextAction]:
    for secret in incident.secrets.values() if incident.open and not incident.routine else ():
        if (found := secret.mistaken) is not None:
            why = f"{found.name} compared: what leaked is NOT this value of {secret.name}; declare for it"
            yield NextAction("bot identify --declare", why)
        elif secret.target.kind is TargetKind.ASSUMED and secret.old.fingerprint:
            why = f"nobody compared the leaked value with {secret.name}'s current one"
            yield NextAction(f"bot identify {incident.id} {secret.name}", why)


def _about(offer: Offer) -> tuple[type[Act], str]:
    """What is the same of offers that one command may give: kind and secret; glass is broken for several at once."""
    return offer.kind, "" if offer.kind is c.BreakGlass else offer.secret


def _why(incident: Incident, offer: Offer, alike: Sequence[Offer]) -> str:
    """Of several that are one action, what they have in common; those `alike` are of its kind and its secret."""
    if offer.kind is c.ReviewGlass:
        waiting = [secret for secret in incident.secrets.values() if secret.reviewers_missing]
        broken = {secret.broken.name for secret in waiting if secret.broken}
        others = others_words(max(secret.reviewers_missing for secret in waiting))
        return f"{listed(sorted(broken))} broke the glass; {others} with approve or command must review it"
    if offer.kind is c.EndCheck:
        items = dict.fromkeys(each.subject for each in alike)
        return f"persistence checks: {listed(list(items))}"
    if offer.kind is c.SettleCopy:
        items = dict.fromkeys(each.subject for each in alike)
        return f"copies to be updated, purged or accepted: {listed(list(items))}"
    if offer.kind is c.AccountReader:
        return f"{offer.reason}; {ANSWERS}"
    return offer.reason
