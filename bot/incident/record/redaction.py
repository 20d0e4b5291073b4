"""Taking people's words out of an event: what is left of it, and how two people agree to that."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import replace

from bot.incident import events as e
from bot.incident.closing.open_items import TASK

REDACTED = "(redacted)"
TEXTS = frozenset({"title", "notice", "reason", "verdict", "text", "owner", "note", "message", "detail"})
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
    """A close, and the proposal of one, quote the titles of open tasks; what else is open the machine has worded."""
    if isinstance(event, e.IncidentClosed):
        items = tuple(replace(item, words=REDACTED) if _quotes(item.key) else item for item in event.items)
        return {"items": items} if items != event.items else {}
    if isinstance(event, e.ProposalMade) and event.subject != REDACTED and any(map(_quotes, event.items)):
        return {"subject": REDACTED}
    return {}


def _quotes(key: str) -> bool:
    return key.startswith(f"{TASK}:")
