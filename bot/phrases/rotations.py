"""What people read of a planned rotation before it begins: phrases (`bot.phrases.marks`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.incident import events as e
from bot.incident.approval.basis import kill_basis, rests_on
from bot.incident.departure.rules import elsewhere_words, not_in_run, unagreed
from bot.incident.model import New, Old, WhyLeft
from bot.incident.new_value.promotion import making_held
from bot.incident.old_value.reminders import readers_awaited
from bot.incident.operations import OPERATIONS
from bot.incident.overlap.rules import held_by_copies, held_by_readers, overlap_end
from bot.incident.routine import Rotating
from bot.incident.state import Basis, DepartureState, Handed, Incident, SecretState
from bot.model.secrets import Outage
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.secrets import unconfirmed_words, use_words
from bot.phrases.times import counted, first_of, listed, span

HEADING = "What a rotation does"
LISTED = 5
"""Secrets that are named in a line; the rest is counted."""


def rotating_words(one: Rotating) -> str:
    """One secret's line: who makes the new value, when the old one ends, on whose word, what stops."""
    if one.joined:
        return f"{code(one.name)}: {code(one.joined)} deals with it already"
    if one.waits:
        return f"*not now*: {literal(one.waits)}"
    owner = f" ({literal(one.owner)})" if one.owner else ""
    made = f"a person{owner} makes the new value by hand" if one.made_by_person else "the new value is made by machine"
    return f"{code(one.name)}: {made}; {literal(_ends(one))}; {literal(stops_words(one))}."


def _ends(one: Rotating) -> str:
    when = (
        f"the old one ends {span(one.overlap)} after the new one is live"
        if one.overlap is not None
        else "the old one ends in the moment in which the new one begins"
    )
    if one.revoked_by_person:
        return f"{when}: {one.consent}"
    return f"{when}, on {one.consent}" if one.agreed else f"{when}, once agreed by {one.consent}"


def stops_words(one: Rotating) -> str:
    """What stops meanwhile: plain text."""
    if one.outage is Outage.NONE:
        return "nothing stops"
    return one.if_killed.rstrip(".") or "the product may stop for a moment"


def disturbed(incident: Incident) -> bool:
    """Whether something did not go as planned: work failed for good, a consumer refuses a new value or is not fully
    refreshed when the old one is to end, everything is halted, or an old value has ended and its successor is not in
    place.
    """
    failed = any(lane.failed_for_good for lane in incident.lanes.values())
    secrets = incident.secrets.values()
    ended = any(s.old.ended_at is not None and not s.in_place and not s.entry.capabilities.swaps for s in secrets)
    held = any(s.held_at is not None and held_by_readers(incident, s) for s in secrets)
    return failed or bool(incident.halted) or ended or held or any(s.new.failing or s.old.overdue for s in secrets)


def run_lines(incident: Incident, now: datetime) -> Iterator[str]:
    """What is true of each secret of a run, a line each: the new value, then the old one, then what is odd."""
    for name, holder in incident.handed.items():
        yield f"{code(name)}: taken over by {code(holder)}, with what was made so far."
    for secret in incident.secrets.values():
        owner = f" ({literal(secret.entry.owner)})" if secret.entry.owner else ""
        yield f"{code(secret.name)}{owner}: {_new(incident, secret)}; {_old(incident, secret, now)}."
        if used := use_words(secret):
            yield f"⚠️ {code(secret.name)}: {literal(used)}. Something still lives on it: find it first."
    if incident.departure is not None:
        yield from _had(incident)


def _of_none(incident: Incident, departure: DepartureState) -> str:
    """A departure in which nothing is rotated, or not yet."""
    who = f"the departure of {literal(departure.leaver.name)}"
    if not incident.open:
        return f"{who}: nothing was rotated here."
    if departure.looked_at is None:
        return f"{who}: nothing is rotated here; what they can read is being looked up."
    if not departure.grants_known:
        told = literal("; ".join(departure.unknown))
        return f"{who}: nothing is rotated here, and *what they can read is not known*: {told}."
    return f"{who}: nothing is rotated here."


def _had(incident: Incident) -> Iterator[str]:
    """What the leaver had, and others have or nobody rotates."""
    if not incident.open:
        return
    for one in incident.left_alone:
        if one.why is WhyLeft.ELSEWHERE and one.name not in incident.secrets:
            yield f"{code(one.name)}: {literal(elsewhere_words(incident, one))}."
    if found := [name for name, _ in not_in_run(incident) if name not in incident.handed]:
        yield f"Not rotated, though they had it: {first_of([code(name) for name in found], LISTED)}."


def _new(incident: Incident, secret: SecretState) -> str:
    match secret.new_state:
        case New.NONE if making_held(incident, secret):
            return "*no new value yet*, whoever leaves might read it"
        case New.NONE if secret.made_by_person:
            return "*a person makes the new value*"
        case New.NONE:
            return "no new value yet"
        case New.LIVE:
            return "new value *live*"
        case New.UNCONFIRMED:
            return f"new value in place, {literal(unconfirmed_words(secret))}"
        case New.FAILING:
            return "new value in place, *a consumer refuses it*"
        case New.UNKNOWN:
            return "*not known which value serves*, since a roll back has begun"
        case New.STAGED if secret.new.back_since is not None:
            return "the old value was put back in place"
        case state:
            return f"new value {state}"


def _old(incident: Incident, secret: SecretState, now: datetime) -> str:
    match secret.old_state:
        case Old.DEAD:
            return "old value *proven dead*"
        case Old.REVOKING:
            return (
                "old value revoked, *not proven dead*" if secret.old.overdue else "old value revoked, being proven dead"
            )
        case Old.UNPROVEN | Old.ATTESTED:
            return f"old value {secret.old_state}, *not proven dead*"
        case _:
            return f"old value {_ending(incident, secret, now)}"


def _ending(incident: Incident, secret: SecretState, now: datetime) -> str:
    """When it ends, and on whose word."""
    if not incident.open:
        return "*alive*: left at the close"
    end = overlap_end(incident, secret)
    if secret.revoked_by_person:
        whom = literal(secret.entry.owner) if secret.entry.owner else "a person"
        due = "" if end is None or end <= now else f" after {day_and_time(end)}"
        if readers := readers_awaited(incident, secret, now):
            due = f", once all traffic of {literal(', '.join(readers))} reads the new one"
        return (
            f"is for {whom} to revoke{due}" if end is not None else f"is for {whom} to revoke, once the new one is live"
        )
    basis = kill_basis(incident, secret, now)
    word = (
        f"on {literal(rests_on(basis))}"
        if isinstance(basis, Basis)
        else f"once two people agree, since {literal(basis.why)}"
    )
    if held_by_copies(incident, secret) and end is not None and end <= now:
        return "waits for its copies to be settled"
    if (readers := held_by_readers(incident, secret)) and end is not None and end <= now:
        return f"*waits*, since not all traffic of {literal(', '.join(readers))} reads the new one yet"
    if end is None:
        return f"works on; it ends {word}" if secret.new.wanted else f"works; it ends {word}"
    return f"ends {day_and_time(end)} {word}" if end > now else f"ends {word} (overlap over since {day_and_time(end)})"


def run_headline(incident: Incident) -> str:
    """What is true of a run now, in one sentence."""
    named = ", ".join(code(name) for name in incident.secrets)
    if incident.handed_over:
        return f"this planned rotation was taken over by {code(incident.handed_over)}."
    if incident.departure is not None and not incident.secrets:
        return _of_none(incident, incident.departure)
    if not incident.open:
        done = all(secret.settled for secret in incident.secrets.values())
        return f"{named} {'rotated: the old value is *proven dead*' if done else 'closed over what is open'}."
    if disturbed(incident):
        return f"the planned rotation of {named} is *disturbed*."
    every = incident.secrets.values()
    if not all(secret.in_place for secret in every):
        return f"planned rotation of {named}: the old value works on."
    state = "live" if all(secret.restored for secret in every) else "in place, not confirmed by its consumers"
    return f"planned rotation of {named}: the new value is {state}."


# What people read where a compromise takes over a planned rotation.


def handover_words(event: e.HandoverEvent) -> str:
    """Behind whoever did it."""
    match event:
        case e.HandedOver():
            under_way = (
                f"; {counted(len(event.void), 'operation')} under way here no longer counted" if event.void else ""
            )
            return f"handed {listed(event.secrets)} over to {event.incident}, since it leaked{under_way}"
        case e.TakenOver():
            return f"took {event.secret} over from {event.known.run}: {listed(_known(event.known))}"
        case e.LateOutcomeNoted():
            late = f"could not be told in time whether {event.run} did {OPERATIONS[event.op].does}"
            return f"looks again for keys of {event.secret}, since it {late}"


def _known(known: Handed) -> list[str]:
    """What the incident begins with, a phrase each."""
    words = []
    if known.old is not None:
        seen = ", seen alive" if known.old.baseline_at is not None else ""
        words.append(f"the old value {known.old.fingerprint} is pinned{seen}")
    if known.new is not None:
        new = known.new
        state = (
            "in place" if new.promoted_at else "verified" if new.verified_at else "staged" if new.staged else "brought"
        )
        words.append(f"a new value is {state}, and no other one is made")
    if known.set_aside:
        words.append("the new value that it had put in place is what leaked")
    left = sum(not ended for ended in known.orphans.values())
    if left:
        words.append(f"{counted(left, 'key')} that nothing uses {'is' if left == 1 else 'are'} to be ended")
    if known.unknown:
        words.append("a call may still make a key, which is looked for and ended")
    return words or ["nothing was known yet"]


# The runs that a departure began, or did not.


def departed_words(name: str) -> str:
    """Said first, whatever came of the runs."""
    return f"*{name} has left*: their word counts for nothing from here on."


def begun_words(incident: Incident, name: str, joined: Sequence[str], *, begun: bool) -> str:
    """What came of the declaration for `name` in one environment: the run that was begun, or that was there already.
    `joined` are the secrets that open incidents have.
    """
    have, them = ", ".join(map(code, joined)), "it" if len(joined) == 1 else "them"
    rotated = ", ".join(map(code, incident.secrets))
    if not begun:
        if not rotated:
            return f"no new run: {code(incident.id)} asks what they read and can read already."
        agreed = "waits for another person to agree" if unagreed(incident) else "another person has agreed"
        return f"no new run: {code(incident.id)} rotates {have or rotated} already, and {agreed}."
    already = (
        f" {have}: an open incident deals with {them} already, and does not wait until {literal(name)} cannot read "
        f"{them} any more. That stays open in this run."
        if joined
        else ""
    )
    if not rotated:
        return (
            f"{code(incident.id)} rotates nothing so far: it asks what {literal(name)} read and can read, and has the "
            f"tasks.{already}"
        )
    return f"{code(incident.id)} rotates {rotated}, once another person agrees.{already}"


def is_run_of(incident: Incident, name: str) -> bool:
    """Whether it is a run of this very person's departure."""
    return incident.departure is not None and incident.departure.leaver.name == name


def waits_for_agreement(incident: Incident, name: str) -> bool:
    return is_run_of(incident, name) and bool(unagreed(incident))


def agree_words(name: str) -> str:
    return f"Nothing is made before a second person agrees: card, or {code(f'bot people departure {name} --agree')}."
