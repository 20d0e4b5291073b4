"""The words for status updates. Plain."""

from __future__ import annotations

from bot.incident import events as e
from bot.incident.events import UpdatesEvent
from bot.incident.state import Incident, Skipped
from bot.incident.updates.rules import audiences, every_due, state_of
from bot.phrases.times import moment


def update_words(event: UpdatesEvent) -> str:
    """The result of an update, after the actor's name."""
    about = f"update {event.number} to {event.audience}"
    match event:
        case e.UpdateDrafted():
            why = event.milestone or "the next one was due"
            return f"drafted {about} ({why}){'' if event.released else ', which waits for the commander'}"
        case e.UpdateReleased():
            return f"released {about}{', in other words' if event.edited else ''}: {event.text}"
        case e.UpdateSkipped():
            return f"skipped {about}: {event.reason}"
        case e.UpdateSent():
            about = f"{about} ({event.target})"
            return f"could not send {about}: {event.missing}" if event.missing else f"sent {about}"


def updates_document(incident: Incident) -> list[dict[str, object]]:
    """Each audience with its last and next update, as JSON."""
    return [
        {
            "audience": audience.name,
            "draft": draft.number if draft is not None else None,
            "waits_for_commander": draft is not None and draft.waits,
            "skipped": _skipped_document(state.skipped),
            "text": draft.text if draft is not None else None,
            "sent": dict(state.sent),
            "missing": dict(state.missing),
            "sent_at": state.sent_at,
            "next_due": every_due(incident, audience),
        }
        for audience in audiences(incident)
        for state in [state_of(incident, audience.name)]
        for draft in [state.draft]
    ]


def _skipped_document(skipped: Skipped | None) -> dict[str, object] | None:
    if skipped is None:
        return None
    return {"number": skipped.number, "by": skipped.by.name, "at": skipped.by.at, "reason": skipped.reason}


# Reminders of what is due.


def reminder_words(event: e.Reminded) -> str:
    """The act, after the actor's name."""
    whose = f" ({event.owner})" if event.owner else ""
    due = "is" if event.early else "was"
    return f"reminded people that this {due} due at {moment(event.at)}: {event.words}{whose}"
