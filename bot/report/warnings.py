"""The head of the report: what was accepted, broken or not proven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.incident import events as e
from bot.incident.clocks import notification
from bot.incident.closing.open_items import (
    ATTESTED,
    NEW,
    OLD,
    kind_of,
    open_items,
    settled_since,
)
from bot.incident.model import OPERATOR, CopyOutcome, Old, PageAction
from bot.incident.old_value.rules import own_words
from bot.incident.operations import Op
from bot.incident.paging.rules import paged_at
from bot.incident.paging.schedule import Reach, reach
from bot.incident.state import Incident, SecretState
from bot.incident.two_people import lacking
from bot.model.probes import Probe
from bot.phrases.access import place_words
from bot.phrases.closing import closed_by, declined_together
from bot.phrases.marks import plain
from bot.phrases.paging import reach_words
from bot.phrases.secrets import new_warning, old_warning
from bot.phrases.states import hold_words, legal_hold_words, not_dead
from bot.phrases.team import trust_words
from bot.phrases.times import counted, few, listed, moment
from bot.report.facts import Fact, compared_at, consumers_seen, entries, seqs

UNPROVEN = "an operator at the worker's host, IDENTITY UNPROVEN,"


def warnings(incident: Incident, events: Sequence[e.Recorded], now: datetime) -> Iterator[Fact]:
    if said := plain(hold_words(incident)):
        yield Fact(f"{said}.", tuple(held.seq for held in entries(events, e.RevocationsHeld))[-1:])
    if said := plain(legal_hold_words(incident)):
        yield Fact(f"{said}.", seqs(entries(events, e.EvidenceHeld)[-1:]))
    yield from _glass(events, reviewed=False)
    yield from _accepted(incident, events)
    yield from _declined(incident, events)
    if not incident.routine:
        yield from _unreached(incident, events)
    if incident.out_of_slack:
        said = "the person declaring did not trust it, so nothing was posted there"
        yield Fact(f"WITHOUT SLACK: {said}.", (1,))
    for changed in entries(events, e.TrustChanged):
        sentence = trust_words(changed.event.people, slack=changed.event.slack, words=changed.event.words)
        yield Fact(f"TRUST: {sentence}.", (changed.seq,))
    for secret in incident.secrets.values():
        if secret.own:
            told = seqs(entries(events, e.OwnCredentialConcerned, secret.name)[-1:])
            used = own_words(secret.own, planned=incident.routine)
            yield Fact(f"THE BOT'S OWN CREDENTIAL: {secret.name}, and {used}", told)
    for secret in not_dead(incident):
        if said := old_warning(secret):
            yield Fact(said, _seen(secret, events))
    for secret in incident.secrets.values():
        yield from _secret_warnings(incident, secret, events)
    yield from _glass(events, reviewed=True)
    if not incident.routine:
        yield from _assumed(incident, events)
    if incident.halted:
        yield Fact(f"STOPPED: {incident.halted}.", _last_probe_with_deaths(events))
    yield from left_open(incident)
    clock = notification(incident)
    if clock is not None and clock.decided is None:
        late = "WAS due" if clock.due <= now else "is due"
        about = f"{listed(list(clock.data))} data; " if clock.data else ""
        yield Fact(f"NO DECISION ON NOTIFICATION: {about}it {late} by {moment(clock.due)}.", (1,))


def _unreached(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """That the page reached no one, or that only its author acted, as far as known."""
    pages = entries(events, e.PageSent)
    match reach(incident):
        case Reach.ANSWERED if paged_at(incident) is not None:
            return
        case Reach.SENT:
            told = seqs([page for page in pages if page.event.action == PageAction.TRIGGER][-1:])
            yield Fact(f"PAGE NOT ACKNOWLEDGED: only {incident.caller} has acted.", told)
        case _:
            failed = [failure.seq for failure in entries(events, e.OperationFailed) if failure.event.op is Op.PAGE]
            none = [page.seq for page in pages if page.event.action == PageAction.NONE]
            yield Fact(f"NO ONE WAS PAGED: {reach_words(incident)}.", (*failed[-1:], *none))


TOLD_APART = frozenset({"old", "attested", "new", "checks", "copies", "glass", "notification", "page", "step"})
"""Kinds of open items that the head shows elsewhere, or that are steps."""
READER = "reader"
"""An unexplained one, which has details, has a line as well."""


def _accepted(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    if incident.closed is None or not incident.accepted_items:
        return
    since = since_close(incident)
    tasks = sum(item.key.startswith("task:") for item in incident.accepted_items)
    items = [", ".join(filter(None, (item.words, since.get(item.key)))) for item in incident.accepted_items
             if not item.key.startswith("task:")]  # fmt: skip
    items += [counted(tasks, "task")] if tasks else []
    said = f"{'; '.join(items)}. Accepted by {closed_by(incident)}: {incident.accepted_reason}"
    yield Fact(f"CLOSED WITH OPEN ITEMS: {said}", seqs(entries(events, e.IncidentClosed)[-1:]))


def since_close(incident: Incident) -> Mapping[str, str]:
    """The result for each item that was accepted at the close and is no longer open, by its key: ``done since``. A
    value may die, or work again, after the close too: the probes go on.
    """
    became = dict.fromkeys(settled_since(incident), "done since")
    for item in incident.accepted_items:
        kind, _, name = item.key.partition(":")
        secret = incident.secrets.get(name)
        if secret is not None and kind in {OLD, ATTESTED} and secret.old_state is Old.DEAD:
            became[item.key] = "dead since"
        elif secret is not None and kind == NEW and secret.in_place:
            became[item.key] = "in place since"
    return became


def _declined(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """Declined tasks; tasks of one person with one reason share a line."""
    declined = entries(events, e.TaskDeclined)
    for (name, reason), tasks in declined_together(incident).items():
        ids = {task.id for task in tasks}
        said = f"NOT DONE, DECLINED: {few([task.title for task in tasks])}. Declined by {name}: {reason}"
        yield Fact(said, seqs([entry for entry in declined if entry.event.task in ids]))


def left_open(incident: Incident) -> Iterator[Fact]:
    """The conditions of a close, without items that have a line of their own here."""
    rest = [item for item in open_items(incident) if kind_of(item.key) not in TOLD_APART]
    left = [item.words for item in rest if not (kind_of(item.key) == READER and item.details)]
    if incident.open and left:
        yield Fact(f"STILL OPEN: {'; '.join(left)}.")


def _glass(events: Sequence[e.Recorded], *, reviewed: bool) -> Iterator[Fact]:
    """Broken glass heads the report until another person has reviewed it; after that it is one line."""
    reviews = entries(events, e.GlassReviewed)
    for broken in entries(events, e.GlassBroken):
        later = [review for review in reviews if review.seq > broken.seq]
        for name in broken.event.secrets:
            found = [each for each in later if name in each.event.secrets]
            missing = lacking({broken.actor}, [each.actor for each in found])
            who = UNPROVEN if broken.actor == OPERATOR else broken.actor
            said = f"{who} broke the glass to revoke {name} without a second approver: {broken.event.reason}"
            if missing and not reviewed:
                yield Fact(f"BROKEN GLASS, NOT REVIEWED: {said}", (broken.seq,))
            elif not missing and reviewed:
                verdicts = ". ".join(f"Reviewed by {each.actor}: {each.event.verdict}" for each in found)
                yield Fact(f"Broken glass, reviewed: {said}. {verdicts}", (broken.seq, *seqs(found)))


def _secret_warnings(incident: Incident, secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    if secret.open_checks:
        items = listed([check.item for check in secret.open_checks])
        yield Fact(f"ACCESS NOT CONTAINED: backdoor checks of {secret.name} are open: {items}.")
    yield from _copies(secret, events)
    if secret.old.reappeared:
        said = f"BACK AGAIN: the old key of {secret.name} is in {listed(secret.old.reappeared)} again."
        yield Fact(said, seqs(entries(events, e.OldValueReappeared, secret.name)[-1:]))
    if not secret.restored:
        yield Fact(new_warning(incident, secret), consumers_seen(secret, events))


def _seen(secret: SecretState, events: Sequence[e.Recorded]) -> tuple[int, ...]:
    """The events that show why a value is not dead."""
    if secret.old_state is Old.ATTESTED:
        return seqs(entries(events, e.DeathAttested, secret.name)[-1:])
    looked = seqs(entries(events, e.OldProbed, secret.name)[-1:]) or seqs(entries(events, e.OldCaptured, secret.name))
    if secret.old_state in {Old.ALIVE, Old.REJECTED}:
        return (*seqs(entries(events, e.RevokedByPerson, secret.name)[-1:]), *looked)
    return looked


def _copies(secret: SecretState, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """Copies without an answer, and copies where someone accepted the old key."""
    if secret.open_copies:
        places = listed([place_words(state) for state in secret.open_copies])
        yield Fact(f"COPIES NOT ANSWERED: the old key of {secret.name} may still be in {places}.")
    for state in secret.copies.values():
        if state.outcome is CopyOutcome.ACCEPTED and state.settled is not None:
            said = [one for one in entries(events, e.CopySettled, secret.name) if one.event.copy == state.copy.name]
            kept = f"{state.settled.name} accepts that the old key of {secret.name} stays in {place_words(state)}"
            yield Fact(f"COPY ACCEPTED: {kept}: {state.note}", seqs(said[-1:]))


def _assumed(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    for secret in incident.secrets.values():
        if (by := secret.mistaken) is not None:
            said = f"compared by {by.name} at {moment(by.at)}: does not match"
            wrong = f"WRONG TARGET: the leaked key is not the assumed one of {secret.name}, {said}."
            yield Fact(wrong, compared_at(events, secret.name))
    if names := [name for name, secret in incident.secrets.items() if secret.assumed]:
        captured = [seq for name in names for seq in seqs(entries(events, e.OldCaptured, name)[-1:])]
        keys = "key is" if len(names) == 1 else "keys are"
        yield Fact(f"NOT VERIFIED: that the revoked {keys} the leaked {few(names)}.", tuple(captured))


def _last_probe_with_deaths(events: Sequence[e.Recorded]) -> tuple[int, ...]:
    """The last probe that stopped everything."""
    looks: list[tuple[int, tuple[Probe, ...]]] = []
    looks += [(p.seq, p.event.bystanders) for p in entries(events, e.OldProbed)]
    looks += [(s.seq, s.event.probes) for s in entries(events, e.SiblingsSeen) if s.event.after]
    return tuple(sorted(seq for seq, seen in looks if any(probe.liveness == "dead" for probe in seen))[-1:])
