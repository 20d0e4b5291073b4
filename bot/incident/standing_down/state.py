"""What is known of standing down."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import By


@dataclass(frozen=True)
class Rest:
    """Who stood down, and when; `alerts` and `abused` count what was known to be bad by then."""

    by: By
    alerts: int
    abused: int
