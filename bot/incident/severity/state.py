"""What is known of the severity."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import By, Severity


@dataclass(frozen=True)
class ChosenSeverity:
    """A person's word, over what the facts say."""

    severity: Severity
    reason: str
    by: By
    seq: int
