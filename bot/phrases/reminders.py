"""The words for reminders. Plain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.incident import events as e
from bot.incident.due import Due, DueKind
from bot.incident.model import WhyRaised
from bot.incident.reminders.rules import ANSWER_WITHIN, owner_of
from bot.incident.reminders.state import Reminder
from bot.incident.state import Incident
from bot.phrases.times import moment

_KINDS = {
    DueKind.STEP: "step",
    DueKind.TASK: "task",
    DueKind.DECISION: "decision",
    DueKind.NOTICE: "notice",
}


def reminder_words(event: e.RemindersEvent) -> str:
    """What was done, behind whoever did it."""
    match event:
        case e.Reminded():
            whose = f" ({event.owner})" if event.owner else ""
            whom = f"reminded {event.owner} alone" if event.direct else "reminded people"
            due = "is" if event.early else "was"
            return f"{whom} that this {due} due at {moment(event.at)}: {event.words}{'' if event.direct else whose}"
        case e.ReminderSnoozed():
            return f"snoozed the reminder of “{event.words}” until {moment(event.until)}"
        case e.ReminderRaised():
            return f"told the channel that this was due at {moment(event.at)}: {event.words}. {why_words(event)}"


def why_words(event: e.ReminderRaised) -> str:
    """Why the channel is told, as a sentence."""
    match event.why:
        case WhyRaised.UNANSWERED:
            return f"{event.owner or 'Nobody'} was reminded an hour ago, and nothing has changed since."
        case WhyRaised.SNOOZED:
            return "It was snoozed until now."
        case WhyRaised.UNREACHABLE:
            return f"{event.owner or 'Its owner'} cannot be reached by a direct message."


def kind_words(each: Due) -> str:
    """``task``."""
    return _KINDS[each.kind]


def deadline_words(legal: Due, time: Callable[[datetime], str] = moment) -> str:
    """Of the deadline for which a task stands, as a phrase: ``the notice itself is to be sent by …``."""
    what = "notice itself is to be sent" if legal.kind is DueKind.NOTICE else "decision itself is to be made"
    return f"the {what} by {time(legal.at)}"


def reminder_line(incident: Incident, each: Due, last: Reminder) -> str:
    """Whose it is, since when it is overdue, and who knows."""
    owner = owner_of(incident, each) or "nobody's"
    said = f"{each.words} ({owner}), {'due' if last.early else 'overdue since'} {moment(each.at)}"
    if last.snoozed is not None:
        return f"{said}; snoozed by {last.snoozed.by.name} until {moment(last.snoozed.until)}"
    if last.raised_at is not None:
        return f"{said}; the channel knows since {moment(last.raised_at)}"
    return f"{said}; reminded {moment(last.at)}, the channel is told {moment(last.at + ANSWER_WITHIN)}"


def reminder_document(incident: Incident, each: Due, last: Reminder) -> dict[str, object]:
    """The same as JSON."""
    return {
        "reminder": each.key,
        "words": each.words,
        "owner": owner_of(incident, each),
        "due": each.at,
        "legal": each.legal,
        "reminded_at": last.at,
        "channel_told_at": last.raised_at,
        "snoozed_until": last.snoozed.until if last.snoozed is not None else None,
        "snoozed_by": last.snoozed.by.name if last.snoozed is not None else None,
    }
