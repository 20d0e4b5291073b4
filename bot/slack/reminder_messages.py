"""Whom a reminder goes to by a direct message, in which words, with which buttons. The messages themselves are sent and
edited as those to approvers are: `bot.slack.approval_messages`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident import commands as c
from bot.incident.due import Due, DueKind, dues
from bot.incident.model import By, NoticeOutcome, Right
from bot.incident.offers import Offer, available, may, unblocked
from bot.incident.reminders import owner_of, waiting
from bot.incident.state import Incident, Notice, Reminder
from bot.people import People, Person
from bot.phrases.marks import code, day_and_time, literal, moment
from bot.phrases.states import capitalised
from bot.phrases.updates import kind_words

REMIND = "remind"
"""The kind of these messages; their subject follows a slash: ``remind/task:t3``."""
_DOES: Mapping[DueKind, tuple[type, ...]] = {
    DueKind.STEP: (c.CompleteStep,),
    DueKind.TASK: (c.FinishTask,),
    DueKind.NOTICE: (c.RecordNoticeSent,),
    DueKind.DECISION: (c.DecideNotice,),
    DueKind.LOOK: (c.DecideNotice,),
    DueKind.REVIEW: (c.ReviewGlass,),
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
    offers = available(incident, now) if found else ()
    for each, last in found:
        yield from _overdue(incident, people, each, last, offers)


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
    """What does it. One review is for the broken glass of every key."""
    fitting = [offer for offer in offers if offer.kind in _DOES[kind]]
    return [offer for offer in fitting if kind is DueKind.REVIEW or offer.subject == subject]


def deciding(incident: Incident, people: People, decides: str) -> Sequence[Person]:
    """Who decides, where that is someone of the people file; else the commander; else all who may command."""
    found = [people.named(decides), people.named(incident.commander)]
    known = next((person for person in found if person is not None and not person.lost), None)
    return (known,) if known is not None and known.slack else people.having(Right.COMMAND)


def owing(incident: Incident, people: People, each: Due) -> Sequence[Person]:
    """The person who owes it: for a deadline of the law the decider, for a review people who may give it, for others
    its owner or the owning team.
    """
    if each.kind is DueKind.REVIEW:
        broke = {name for secret in incident.secrets.values() for name in secret.in_the_glass}
        fits = {*people.having(Right.APPROVE), *people.having(Right.COMMAND)}
        return [person for person in people if person in fits and person.name not in broke]
    return deciding(incident, people, each.owner) if each.legal else persons(people, owner_of(incident, each))


def persons(people: People, name: str) -> Sequence[Person]:
    """One person, or the members of a team. Someone who is in no file is known by ``slack:`` and their id."""
    if name.startswith("slack:"):
        person = people.by_slack(name.removeprefix("slack:"))
        return () if person.lost else (person,)
    return people.owning(name)


def over(incident: Incident, about: str) -> str:
    """The message's text after its question is settled: the result, or the current state."""
    kind, _, subject = about.partition(":")
    what, ended = _ended(incident, kind, subject)
    if ended:
        return f"✅ {capitalised(what)}: {ended}."
    return f"➡️ {capitalised(what)}: {_standing(incident, about)}."


def _ended(incident: Incident, kind: str, subject: str) -> tuple[str, str]:
    """What was owed, and how it ended; empty where that is still to come."""
    if kind == DueKind.TASK and (task := incident.tasks.get(subject)) is not None:
        done = f"done {_by(task.done)}" if task.done is not None else ""
        return f"task “{literal(task.title)}”", f"declined {_by(task.declined)}" if task.declined is not None else done
    if kind == DueKind.STEP and (step := incident.step(subject)) is not None:
        ended = f"{step.state} {_by(step.ended)}" if step.ended is not None and step.over else ""
        return f"step “{literal(step.definition.title)}”", ended
    if kind == DueKind.REVIEW:
        missing = any(incident.secrets[name].reviewers_missing for name in subject.split("+"))
        return "review of broken glass", "" if missing else "done"
    title = next((each.title for each in incident.obligations if each.id == subject), subject)
    ended = _notice_ended(incident.notices.get(subject, Notice()), decided=kind == DueKind.DECISION)
    return f"notice “{literal(title)}”", ended


def _notice_ended(notice: Notice, *, decided: bool) -> str:
    decision = notice.decision
    if decided:
        return f"decided {_by(decision.by)}" if decision is not None else ""
    if notice.sent is not None:
        return f"sent {_by(notice.sent.by)}"
    against = decision is not None and decision.outcome is not NoticeOutcome.NOTIFY
    return f"not to be sent, decided {_by(decision.by)}" if decision is not None and against else ""


def _standing(incident: Incident, about: str) -> str:
    """By when it is due now, and whose it is. Whether that is another's than before, no state knows."""
    each = next((each for each in dues(incident) if each.key == about), None)
    if each is None:
        return "still open"
    last = incident.reminded.get(about)
    moved = last is not None and last.due != each.at
    owner = owner_of(incident, each)
    whose = f"; it is {literal(owner)}'s" if owner else "; it has no owner"
    return f"{'moved to' if moved else 'still open, due'} {day_and_time(each.at)}{whose}"


def _by(by: By) -> str:
    return f"by {literal(by.name)} {moment(by.at)}"
