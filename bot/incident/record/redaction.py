"""Removing people's words from an event: its remains, and the agreement of two people."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import replace

from bot.incident import events as e
from bot.incident import told
from bot.incident.closing.open_items import TASK

REDACTED = "(redacted)"
TEXTS = told.TEXTS | {"reason", "verdict", "text", "owner", "note", "message", "detail", "reference", "delay", "title"}
"""Fields that hold people's words, or what a machine said of them. Names, ids, times and answers stay."""


def without_texts(event: e.Event) -> e.Event | None:
    """The event without people's words; None if it has none. The signature of a proof goes with the words that it was
    made over: it would tell whether a guess of them is right.
    """
    if isinstance(event, e.Redacted):
        return None
    changed: dict[str, object] = {
        field.name: REDACTED
        for field in dataclasses.fields(event)
        if field.name in TEXTS and isinstance(value := getattr(event, field.name), str) and value not in {"", REDACTED}
    }
    changed |= _without_quotes(event)
    if isinstance(event, e.CommandProven) and event.statement.get("arguments", REDACTED) != REDACTED:
        statement: Mapping[str, str] = {**event.statement, "arguments": REDACTED}
        changed = {"statement": statement, "signature": ""}
    return dataclasses.replace(event, **changed) if changed else None  # type: ignore[arg-type]


def _without_quotes(event: e.Event) -> dict[str, object]:
    """A close, the proposal of one, and reminders quote the titles of tasks; what else is open or due the machine has
    worded. What changed in trust quotes why it was taken.
    """
    if isinstance(event, e.IncidentClosed):
        items = tuple(replace(item, words=REDACTED) if _quotes(item.key) else item for item in event.items)
        return {"items": items} if items != event.items else {}
    if isinstance(event, e.ProposalMade) and event.subject != REDACTED and any(map(_quotes, event.items)):
        return {"subject": REDACTED}
    if isinstance(event, e.Reminded) and _quotes(event.key) and event.words != REDACTED:
        return {"words": REDACTED}
    if isinstance(event, e.TrustChanged) and event.words not in {(), (REDACTED,)}:
        return {"words": (REDACTED,)}
    return {}


def repeats(event: e.Event, task: str) -> bool:
    """Whether it is a reminder of this task, by its title."""
    return isinstance(event, e.Reminded) and event.key == f"{TASK}:{task}"


def _quotes(key: str) -> bool:
    return key.startswith(f"{TASK}:")
