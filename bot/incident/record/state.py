"""What is known of the record."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import By


@dataclass(frozen=True)
class Statement:
    """A note or finding in people's words."""

    what: str
    text: str
    by: By
    seq: int
