"""What can have happened to the severity."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import Severity
from bot.incident.stored import stored


@stored("severity-set")
@dataclass(frozen=True)
class SeveritySet:
    severity: Severity
    reason: str
    v: int = 1


SeverityByPerson = SeveritySet
SeverityEvent = SeverityByPerson
