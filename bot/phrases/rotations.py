"""The words of a planned rotation before it begins: phrases (`bot.phrases.marks`)."""

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
from bot.phrases.secrets import NEW_LABELS, unconfirmed_words, use_words
from bot.phrases.times import counted, first_of, listed, span

HEADING = "What a rotation does"
LISTED = 5
"""Secrets that are named in a line; the rest is counted."""


def rotating_words(one: Rotating) -> str:
    """One secret's line: who makes the new key, when the old one is revoked, who agrees, what stops."""
    if one.joined:
        return f"{code(one.name)}: {code(one.joined)} already handles it"
    if one.waits:
        return f"*not now*: {literal(one.waits)}"
    owner = f" ({literal(one.owner)})" if one.owner else ""
    made = f"a person{owner} makes the new key by hand" if one.made_by_person else "the bot makes the new key"
    return f"{code(one.name)}: {made}; {literal(_ends(one))}; {literal(stops_words(one))}."


def _ends(one: Rotating) -> str:
    when = (
        f"the old one is revoked {span(one.overlap)} after the new one is in use"
        if one.overlap is not None
        else "installing the new one revokes the old one"
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
    """Whether something did not go as planned: work failed for good, a consumer refuses a new key or is not fully
    refreshed when the old one is to end, everything is halted, or an old key has ended and its successor is not in
    place.
    """
    failed = any(lane.failed_for_good for lane in incident.lanes.values())
    secrets = incident.secrets.values()
    ended = any(s.old.ended_at is not None and not s.in_place and not s.entry.capabilities.swaps for s in secrets)
    held = any(s.held_at is not None and held_by_readers(incident, s) for s in secrets)
    return failed or bool(incident.halted) or ended or held or any(s.new.failing or s.old.overdue for s in secrets)


def run_lines(incident: Incident, now: datetime) -> Iterator[str]:
    """A line for each secret of a run: the new key, then the old one, then anything unusual."""
    for name, holder in incident.handed.items():
        yield f"{code(name)}: taken over by {code(holder)}, with what was made so far."
    for secret in incident.secrets.values():
        owner = f" ({literal(secret.entry.owner)})" if secret.entry.owner else ""
        yield f"{code(secret.name)}{owner}: {_new(incident, secret)}; {_old(incident, secret, now)}."
        if used := use_words(secret):
            yield f"⚠️ {code(secret.name)}: {literal(used)}. Something still uses it: find it first."
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
        return f"{who}: nothing is rotated here, and *what they can read is unknown*: {told}."
    return f"{who}: nothing to rotate here."


def _had(incident: Incident) -> Iterator[str]:
    """What the leaver had, and others have or no one rotates."""
    if not incident.open:
        return
    for one in incident.left_alone:
        if one.why is WhyLeft.ELSEWHERE and one.name not in incident.secrets:
            yield f"{code(one.name)}: {literal(elsewhere_words(incident, one))}."
    if found := [name for name, _ in not_in_run(incident) if name not in incident.handed]:
        yield f"They had it, not rotated: {first_of([code(name) for name in found], LISTED)}."


def _new(incident: Incident, secret: SecretState) -> str:
    match secret.new_state:
        case New.NONE if making_held(incident, secret):
            return "*no new key yet*: the person leaving could read it"
        case New.NONE if secret.made_by_person:
            return "*a person makes the new key*"
        case New.NONE:
            return "no new key yet"
        case New.LIVE:
            return "new key *in use*"
        case New.UNCONFIRMED:
            return f"new key in place, {literal(unconfirmed_words(secret))}"
        case New.FAILING:
            return "new key in place, *a consumer rejects it*"
        case New.UNKNOWN:
            return "*unknown which key is in use*: a roll back has begun"
        case New.STAGED if secret.new.back_since is not None:
            return "the old key was put back in place"
        case state:
            return f"new key {NEW_LABELS[state]}"


def _old(incident: Incident, secret: SecretState, now: datetime) -> str:
    match secret.old_state:
        case Old.DEAD:
            return "old key *dead*"
        case Old.REVOKING:
            return "old key revoked, *not confirmed*" if secret.old.overdue else "old key revoked, being confirmed"
        case Old.REJECTED if not incident.open:
            return "old key rejected, *not confirmed*: left at the close"
        case Old.UNPROVEN:
            return "old key rejected, *not confirmed*: it was never seen to work"
        case Old.ATTESTED:
            return "old key vouched dead, *not confirmed*"
        case _:
            return f"old key {_ending(incident, secret, now)}"


def _ending(incident: Incident, secret: SecretState, now: datetime) -> str:
    """When it is revoked, and who agrees."""
    if not incident.open:
        return "*still works*: left at the close"
    end = overlap_end(incident, secret)
    if secret.revoked_by_person:
        whom = literal(secret.entry.owner) if secret.entry.owner else "a person"
        due = "" if end is None or end <= now else f" after {day_and_time(end)}"
        if readers := readers_awaited(incident, secret, now):
            due = f", once all traffic of {literal(', '.join(readers))} uses the new one"
        return (
            f"is for {whom} to revoke{due}"
            if end is not None
            else f"is for {whom} to revoke, once the new one is in use"
        )
    basis = kill_basis(incident, secret, now)
    word = (
        f"on {literal(rests_on(basis))}"
        if isinstance(basis, Basis)
        else f"once two people approve: {literal(basis.why)}"
    )
    if held_by_copies(incident, secret) and end is not None and end <= now:
        return "waits for its copies to be answered"
    if (readers := held_by_readers(incident, secret)) and end is not None and end <= now:
        return f"*waits* until all traffic of {literal(', '.join(readers))} uses the new one"
    if end is None:
        return f"keeps working; it is revoked {word}" if secret.new.wanted else f"works; it is revoked {word}"
    return (
        f"is revoked {day_and_time(end)} {word}"
        if end > now
        else f"is revoked {word} (overlap over since {day_and_time(end)})"
    )


def run_headline(incident: Incident) -> str:
    """The state of a run in one sentence."""
    named = ", ".join(code(name) for name in incident.secrets)
    if incident.handed_over:
        return f"this planned rotation was taken over by {code(incident.handed_over)}."
    if incident.departure is not None and not incident.secrets:
        return _of_none(incident, incident.departure)
    if not incident.open:
        done = all(secret.settled for secret in incident.secrets.values())
        return f"{named} {'rotated: the old key is *dead*' if done else 'closed over what is open'}."
    if disturbed(incident):
        return f"the planned rotation of {named} is *disturbed*."
    every = incident.secrets.values()
    if not all(secret.in_place for secret in every):
        return f"planned rotation of {named}: the old key keeps working."
    state = "in use" if all(secret.restored for secret in every) else "in place, not confirmed by its consumers"
    return f"planned rotation of {named}: the new key is {state}."


# What people read where a compromise takes over a planned rotation.


def handover_words(event: e.HandoverEvent) -> str:
    """The words after the name of the person who did it."""
    match event:
        case e.HandedOver():
            under_way = (
                f"; {counted(len(event.void), 'operation')} under way here no longer counted" if event.void else ""
            )
            if event.reason:
                return f"merged it into {event.incident}, with {listed(event.secrets)}: {event.reason}{under_way}"
            return f"handed {listed(event.secrets)} over to {event.incident} because it leaked{under_way}"
        case e.TakenOver():
            return f"took {event.secret} over from {event.known.run}: {listed(_known(event.known))}"
        case e.LateOutcomeNoted():
            late = f"unknown in time whether {event.run} did {OPERATIONS[event.op].does}"
            return f"looks again for keys of {event.secret} because it {late}"


def _known(known: Handed) -> list[str]:
    """What the incident begins with, a phrase each."""
    words = []
    if known.old is not None:
        seen = ", seen working" if known.old.baseline_at is not None else ""
        words.append(f"the old key {known.old.fingerprint} is recorded{seen}")
    if known.new is not None:
        new = known.new
        state = (
            "in place" if new.promoted_at else "verified" if new.verified_at else "staged" if new.staged else "brought"
        )
        words.append(f"a new key is {state}; no other one is made")
    if known.set_aside:
        words.append("the new key that it put in place is what leaked")
    left = sum(not ended for ended in known.orphans.values())
    if left:
        words.append(f"{counted(left, 'key')} that nothing uses still to be revoked")
    if known.unknown:
        words.append("a call may still make a key; the bot finds and revokes it")
    return words or ["nothing was known yet"]


# The runs that a departure began, or did not.


def begun_words(incident: Incident, name: str, joined: Sequence[str], *, begun: bool) -> str:
    """The result of the declaration for `name` in one environment: the new run, or the existing one. `joined` are the
    secrets of open incidents.
    """
    have, them = ", ".join(map(code, joined)), "it" if len(joined) == 1 else "them"
    rotated = ", ".join(map(code, incident.secrets))
    if not begun:
        if not rotated:
            return f"no new run: {code(incident.id)} asks what they read and can read already."
        agreed = "waits for another person to agree" if unagreed(incident) else "another person has agreed"
        return f"no new run: {code(incident.id)} rotates {have or rotated} already, and {agreed}."
    already = (
        f" {have}: an open incident already handles {them} and does not wait until {literal(name)} can no longer "
        f"read {them}. That stays open in this run."
        if joined
        else ""
    )
    if not rotated:
        return (
            f"{code(incident.id)} rotates nothing so far: it looks up what {literal(name)} read and can read, and "
            f"holds the tasks.{already}"
        )
    return f"{code(incident.id)} rotates {rotated}, once another person agrees.{already}"


def is_run_of(incident: Incident, name: str) -> bool:
    """Whether it is a run of this very person's departure."""
    return incident.departure is not None and incident.departure.leaver.name == name


def waits_for_agreement(incident: Incident, name: str) -> bool:
    return is_run_of(incident, name) and bool(unagreed(incident))
