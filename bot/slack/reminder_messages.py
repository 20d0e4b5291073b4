"""Whom a reminder goes to by a direct message, in which words, with which buttons. The messages themselves are sent and
edited as those to approvers are: `bot.slack.approval_messages`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident import commands as c
from bot.incident.clocks import notification
from bot.incident.due import Due, DueKind, dues
from bot.incident.model import By, NoticeOutcome, Right
from bot.incident.offers import Offer, available, may, unblocked
from bot.incident.reminders import owner_of, waiting
from bot.incident.state import Incident, Notice, Reminder
from bot.people import People, Person
from bot.phrases.marks import code, day_and_time, literal, moment
from bot.phrases.states import capitalised
from bot.phrases.times import few, listed
from bot.phrases.updates import kind_words

REMIND = "remind"
"""The kind of these messages; what they are about stands behind a slash: ``remind/task:t3``."""
DECISION = "decision:notification"
REVIEW = "review"
_DOES: Mapping[DueKind, tuple[type, ...]] = {
    DueKind.STEP: (c.CompleteStep,),
    DueKind.TASK: (c.FinishTask,),
    DueKind.NOTICE: (c.RecordNoticeSent,),
    DueKind.DECISION: (c.DecideNotice,),
    DueKind.LOOK: (c.DecideNotice,),
}


@dataclass(frozen=True)
class Told:
    """One message to one person. `about` names what it is about, `key` which reminder of it."""

    user: str
    about: str
    key: str
    lines: tuple[str, ...]
    offers: tuple[Offer, ...]


def told(incident: Incident, people: People, now: datetime) -> Iterator[Told]:
    """Whom the reminders that stand are for."""
    found = [*waiting(incident)]
    decision = incident.reminders and notification(incident)
    secrets = incident.secrets.values()
    reviews = [secret for secret in secrets if secret.review_reminded is not None and secret.reviewers_missing]
    if not (found or decision or reviews):
        return
    offers = available(incident, now)
    for each, last in found:
        yield from _overdue(incident, people, each, last, offers)
    yield from _decision(incident, people, offers)
    if reviews:
        yield from _reviews(incident, people, [secret.name for secret in reviews], offers)


def _overdue(incident: Incident, people: People, each: Due, last: Reminder, offers: Sequence[Offer]) -> Iterator[Told]:
    key = f"{each.key}@{int(each.at.timestamp())}#{last.number}"
    lines = (
        f"⏰ *{'Due' if last.early else 'Overdue since'} {day_and_time(each.at)}*: {literal(each.words)}",
        f"A {kind_words(each)} of yours in {code(incident.id)}, {literal(incident.title)}.",
    )
    does = offers_for(offers, each.kind, each.subject)
    for person in owing(incident, people, each):
        if person.slack:
            mine = tuple(unblocked(offer for offer in does if may(person.actor, offer))[:1])
            yield Told(person.slack, each.key, key, lines, mine)


def offers_for(offers: Sequence[Offer], kind: DueKind, subject: str) -> list[Offer]:
    """What does it."""
    return [offer for offer in offers if offer.kind in _DOES[kind] and offer.subject == subject]


def _decision(incident: Incident, people: People, offers: Sequence[Offer]) -> Iterator[Told]:
    """The law's decision, to whoever decides: before the end of its time, and at the end."""
    clock = notification(incident) if incident.reminders else None
    if clock is None or clock.decided is not None:
        return
    due, last = [*incident.reminders.items()][-1]
    key = f"{DECISION}@{int(due.timestamp())}#{1 + last.over}"
    state = "ran out" if last.over else "runs out"
    lines = (
        f"⚖️ *Nobody has decided on notification*: the time {state} {day_and_time(due)}.",
        f"{code(incident.id)}, {literal(incident.title)}: whom do you tell whose data it was, or why nobody?",
    )
    deciders = {each.decides for each in incident.obligations}
    named = sorted((person for person in people if person.name in deciders and not person.lost), key=lambda p: p.name)
    for person in named or deciding(incident, people, ""):
        does = [o for o in offers if o.kind in _DOES[DueKind.DECISION] and may(person.actor, o)]
        if person.slack:
            yield Told(person.slack, DECISION, key, lines, tuple(unblocked(does)[:1]))


def _reviews(incident: Incident, people: People, names: Sequence[str], offers: Sequence[Offer]) -> Iterator[Told]:
    """Broken glass that nobody has looked at, to whoever may."""
    fitting = unblocked(offer for offer in offers if offer.kind is c.ReviewGlass)
    lines = (
        f"🔨 Glass was broken a day ago for {listed([code(name) for name in names])}, and *nobody has reviewed it*.",
        f"{code(incident.id)}, {literal(incident.title)}: was there no other way?",
    )
    for person in people:
        mine = [offer for offer in fitting if may(person.actor, offer)]
        if person.slack and mine:
            yield Told(person.slack, REVIEW, f"{REVIEW}@{'+'.join(names)}", lines, (mine[0],))


def deciding(incident: Incident, people: People, decides: str) -> Sequence[Person]:
    """Who decides, where that is somebody of the people file; else the commander; else all who may command."""
    found = [people.named(decides), people.named(incident.commander)]
    known = next((person for person in found if person is not None and not person.lost), None)
    return (known,) if known is not None and known.slack else people.having(Right.COMMAND)


def owing(incident: Incident, people: People, each: Due) -> Sequence[Person]:
    """Whose it is: of a deadline of the law whoever decides, of anything else its owner or the owning team."""
    return deciding(incident, people, each.owner) if each.legal else persons(people, owner_of(incident, each))


def persons(people: People, name: str) -> Sequence[Person]:
    """One person, or the members of a team. Somebody who is in no file is known by ``slack:`` and their id."""
    if name.startswith("slack:"):
        person = people.by_slack(name.removeprefix("slack:"))
        return () if person.lost else (person,)
    return people.owning(name)


def over(incident: Incident, about: str) -> str:
    """What the message says once nothing is asked by it any more: what became of it, or how it stands now."""
    if about == REVIEW:
        return _reviews_over(incident)
    if about == DECISION:
        return _decision_over(incident)
    kind, _, subject = about.partition(":")
    what, ended = _ended(incident, kind, subject)
    if ended:
        return f"✅ {capitalised(what)}: {ended}."
    return f"➡️ {capitalised(what)}: {_standing(incident, about)}."


def _reviews_over(incident: Incident) -> str:
    """Who may not review it any more reads that it is not done."""
    broken = [secret for secret in incident.secrets.values() if secret.broken is not None]
    if left := [code(secret.name) for secret in broken if secret.reviewers_missing]:
        return f"➡️ The glass that was broken for {few(left)} is still to be reviewed, by somebody who may."
    return f"✅ The glass that was broken for {few([code(secret.name) for secret in broken])} was reviewed."


def _decision_over(incident: Incident) -> str:
    clock = notification(incident)
    if clock is None or clock.decided is not None:
        return f"✅ It was decided on notification of {literal(incident.title)}."
    return f"➡️ The decision on notification of {literal(incident.title)} is open: decide by {day_and_time(clock.due)}."


def _ended(incident: Incident, kind: str, subject: str) -> tuple[str, str]:
    """What was owed, and how it ended; empty where that is still to come."""
    if kind == DueKind.TASK and (task := incident.tasks.get(subject)) is not None:
        done = f"done {_by(task.done)}" if task.done is not None else ""
        return f"task “{literal(task.title)}”", f"declined {_by(task.declined)}" if task.declined is not None else done
    if kind == DueKind.STEP and (step := incident.step(subject)) is not None:
        ended = f"{step.state} {_by(step.ended)}" if step.ended is not None and step.over else ""
        return f"step “{literal(step.definition.title)}”", ended
    title = next((each.title for each in incident.obligations if each.id == subject), subject)
    return f"notice “{literal(title)}”", _notice_ended(incident.notices.get(subject, Notice()))


def _notice_ended(notice: Notice) -> str:
    if notice.sent is not None:
        return f"sent {_by(notice.sent.by)}"
    decision = notice.decision
    against = decision is not None and decision.outcome is not NoticeOutcome.NOTIFY
    return f"not to be sent, as was decided {_by(decision.by)}" if decision is not None and against else ""


def _standing(incident: Incident, about: str) -> str:
    """By when it is due now, and whose it is. Whether that is another's than before, no state knows."""
    each = next((each for each in dues(incident) if each.key == about), None)
    if each is None:
        return "still open"
    last = incident.reminded.get(about)
    moved = last is not None and last.due != each.at
    owner = owner_of(incident, each)
    whose = f"; it is {literal(owner)}'s" if owner else "; it is nobody's"
    return f"{'moved to' if moved else 'still open, due'} {day_and_time(each.at)}{whose}"


def _by(by: By) -> str:
    return f"by {literal(by.name)} {moment(by.at)}"
