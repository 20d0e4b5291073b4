"""The words for roles. Plain, except in a message to the person who is offered one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bot.incident import events as e
from bot.incident.closing.open_items import open_items
from bot.incident.events import TakingEvent, TeamEvent
from bot.incident.kinds import kind_named
from bot.incident.model import OPERATOR, Actor, Right
from bot.incident.old_value.rules import own_words
from bot.incident.state import Incident
from bot.incident.todos import todos
from bot.phrases.approvals import any_of
from bot.phrases.closing import closed_over, open_words
from bot.phrases.marks import code, day_and_time, literal, moment
from bot.phrases.states import headline, not_dead, old_words
from bot.phrases.times import listed
from bot.phrases.todos import row_words, rows_of


def team_words(event: TeamEvent) -> str:
    """A person's act about a role, after their name."""
    match event:
        case e.RoleOffered(to, note):
            return f"wants to hand the commander role to {to}{f': {note}' if note else ''}"
        case e.RoleAccepted(before):
            return f"accepted the commander role{f' from {before}' if before else ''}"
        case e.RoleDeclined(reason, by_giver):
            return f"{'took back the offer of' if by_giver else 'declined'} the commander role: {reason}"
        case e.RoleTaken(reason, before):
            taken = f"took over the commander role from {before}" if before else "took the commander role"
            return f"{taken}{f': {reason}' if reason else ''}"


def taking_words(event: TakingEvent) -> str:
    """What someone did with work by hand, behind their name."""
    kind, _, subject = event.todo.partition(":")
    work = kind_named(kind).work.format(subject)
    match event:
        case e.TodoTaken(_, before):
            return f"took over from {before}: {work}" if before else f"took {work}"
        case e.TodoReturned():
            return f"gave back {work}"


def having(people: Iterable[Actor], right: Right) -> str:
    """The names of the people with the right: ``anna, ben or chloe``; empty without any."""
    return any_of([person.name for person in people if person.may(right)])


def closers(people: Sequence[Actor], commander: str = "") -> str:
    """Who can close, which takes more than to be the commander: said of this one, or of any that may be chosen. Empty
    where there is nothing to say: they can, or the people file is empty.
    """
    leads = [person for person in people if person.may(Right.RESPOND)]
    meant = [person for person in leads if person.name == commander] if commander else leads
    if not people or all(person.may(Right.COMMAND) for person in meant):
        return ""
    who = having(people, Right.COMMAND) or "no one has it"
    return f"{commander or 'Any responder'} can lead, but closing needs the right `command`: {who}."


def roles_words(incident: Incident) -> str:
    """Who commands, and to whom that is on its way."""
    offered = incident.team.offered
    way = f" (offered to {offered.to}, who has not accepted)" if offered is not None else ""
    return f"commander {incident.commander or 'none'}{way}"


def roles_document(incident: Incident) -> dict[str, object]:
    """The same as JSON: null without a commander, or without an offer."""
    offered = incident.team.offered
    way = offered and {"to": offered.to, "by": offered.by.name, "at": offered.by.at, "note": offered.note}
    return {"commander": incident.commander or None, "offered": way}


def trust_words(people: Sequence[str], *, slack: bool, words: Sequence[str] = ()) -> str:
    """Who is not trusted, and who said so: for the timeline, the card and the terminal alike."""
    lost = listed([*([] if slack else ["Slack"]), *people])
    said = f". {'. '.join(words)}" if words else ""
    return f"No longer trusted: {lost}{said}" if lost else "Everyone is trusted again"


# The summary for a person who takes over a role.


MOST = 5
"""The most items named of each kind; the rest is counted."""


def handover_summary(incident: Incident, now: datetime) -> list[str]:
    """What is true, what still works, what waits for a person (by `offers`), and what is due. Phrases, one a line."""
    lines = [headline(incident)]
    if alive := not_dead(incident):
        shown = [f"{code(secret.name)}: {old_words(secret)}" for secret in alive[:MOST]]
        lines.append(f"*Not dead*: {'; '.join(shown)}{_more(len(alive))}")
    if waits := list(dict.fromkeys(_waits(incident, now))):
        lines.append(f"*Needs a person*: {'; '.join(waits[:MOST])}{_more(len(waits))}")
    if due := sorted(_due(incident)):
        shown = [f"{literal(words)}, {day_and_time(at)}" for at, words in due[:MOST]]
        lines.append(f"*Due*: {'; '.join(shown)}{_more(len(due))}")
    if left := open_items(incident):
        lines.append(f"*Blocks the close*: {' · '.join(open_words(left))}")
    return lines


def _more(number: int) -> str:
    return f"; and {number - MOST} more" if number > MOST else ""


def _waits(incident: Incident, now: datetime) -> Iterator[str]:
    """What waits for a person. Leaves out the role that is being handed over, which the reader knows."""
    for row in rows_of(one for one in todos(incident, now) if one.choices and one.kind.name not in {"role", "close"}):
        taken = f" ({literal(row.first.taken.name)} does it)" if row.first.taken is not None else ""
        until = f", until {day_and_time(row.first.due)}" if row.first.due is not None else ""
        yield f"{literal(row_words(incident, row))}{taken}{until}"


def _due(incident: Incident) -> Iterator[tuple[datetime, str]]:
    for item in open_items(incident):
        if item.due is not None:
            yield item.due, item.untimed or item.label or item.words
    for task in incident.tasks.values():
        if task.open and task.due is not None:
            yield task.due, f"{task.title} ({task.owner or 'no one yet'})"


# What overrides everything else that is said of an incident.


def override_lines(incident: Incident) -> Iterator[str]:
    """Lost trust, a leaked credential of the bot's own, broken glass, a close over something open: a phrase each."""
    lost = incident.trust
    if lost.people or not lost.slack:
        yield f"🚫 *{literal(trust_words(lost.people, slack=lost.slack))}*"
    for secret in incident.secrets.values():
        if secret.own:
            yield f"🆘 {code(secret.name)}: *{literal(own_words(secret.own, planned=incident.routine))}*"
    broken: dict[str, list[str]] = {}
    for secret in incident.secrets.values():
        if secret.broken is not None:
            name = "an operator at the worker's host, *identity unproven*,"
            name = name if secret.broken.name == OPERATOR else literal(secret.broken.name)
            reviewed = f"reviewed by {literal(secret.reviewed_by)}" if secret.reviewed_by else "*not reviewed*"
            broken.setdefault(f"{name} {moment(secret.broken.at)}, {reviewed}", []).append(code(secret.name))
    yield from (f"🔨 *Glass was broken* by {who}: {', '.join(names)}" for who, names in broken.items())
    if over := closed_over(incident):
        yield f"⚠️ *Closed with open items*: {over}"
