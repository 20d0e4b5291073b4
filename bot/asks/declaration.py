"""What both faces ask for in a declaration beside its secrets, and that need not be answered."""

from __future__ import annotations

from typing import Any

from bot.asks.ask import About, Field, Said, Takes

MORE = (
    Field("detected_at", "Noticed at", Takes.TIME, "Now if left out.", "--detected-at", "TIME", optional=True),
    Field("exposed_at", "Exposed since, if known", Takes.TIME, "", "--exposed-at", "TIME", optional=True),
)
"""Each is a field of `bot.incident.told`."""


def answered(said: Said) -> dict[str, Any]:
    """The answers, by field."""
    return {field.name: field.given(said, About()) for field in MORE}
