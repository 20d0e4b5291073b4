"""The words for reminders. Plain."""

from __future__ import annotations

from bot.incident import events as e
from bot.incident.due import Due, DueKind
from bot.phrases.times import moment

_KINDS = {
    DueKind.STEP: "step",
    DueKind.TASK: "task",
    DueKind.DECISION: "decision",
    DueKind.NOTICE: "notice",
}


def reminder_words(event: e.Reminded) -> str:
    """What was done, behind whoever did it."""
    whose = f" ({event.owner})" if event.owner else ""
    due = "is" if event.early else "was"
    return f"reminded people that this {due} due at {moment(event.at)}: {event.words}{whose}"


def kind_words(each: Due) -> str:
    """``task``."""
    return _KINDS[each.kind]
