"""Taking people's words out of an event: what is left of it, and how two people agree to that."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from bot.incident import events as e

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
    if isinstance(event, e.CommandProven) and event.statement.get("arguments", REDACTED) != REDACTED:
        statement: Mapping[str, str] = {**event.statement, "arguments": REDACTED}
        changed = {"statement": statement, "signature": ""}
    return dataclasses.replace(event, **changed) if changed else None  # type: ignore[arg-type]
