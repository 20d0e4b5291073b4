"""What can be asked of the severity."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.model import Severity
from bot.incident.stored import stored
from bot.model.fields import Words


@stored("set-severity", text="reason")
@dataclass(frozen=True)
class SetSeverity:
    severity: Severity
    reason: Words


SeverityCommand = SetSeverity
