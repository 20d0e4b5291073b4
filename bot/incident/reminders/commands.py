"""What can be asked of reminders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import SnoozeFor
from bot.incident.stored import stored
from bot.model.fields import Known


@stored("snooze-reminder")
@dataclass(frozen=True)
class SnoozeReminder:
    """Puts off the reminder of `key`, as ``task:t3``: until then neither its owner nor the channel is reminded."""

    key: Known
    span: SnoozeFor


@stored("raise-reminder")
@dataclass(frozen=True)
class RaiseReminder:
    """The machine's: nobody who owes it can be told by a message of their own, so the channel is told."""

    key: str
    due: datetime


RemindersFromPeople = SnoozeReminder
RemindersCommand = SnoozeReminder | RaiseReminder
