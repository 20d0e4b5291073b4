"""What can have happened to reminders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import WhyRaised
from bot.incident.stored import stored


@stored("reminded")
@dataclass(frozen=True)
class Reminded:
    """People were reminded of what was due `at` and is not done: `key` names it for good, `owner` is whose it is, empty
    where nobody has it, `legal` a deadline of the law or of a contract. `direct`: the owner alone, by a message of
    their own; else the channel. `early`: that time has not come yet.
    """

    key: str
    words: str
    at: datetime
    owner: str = ""
    legal: bool = False
    direct: bool = False
    v: int = 1
    early: bool = False


@stored("reminder-snoozed")
@dataclass(frozen=True)
class ReminderSnoozed:
    """A person put it off `until` then."""

    key: str
    words: str
    until: datetime
    v: int = 1


@stored("reminder-raised")
@dataclass(frozen=True)
class ReminderRaised:
    """What was due `at` is still not done, and the channel is told, because of `why`."""

    key: str
    words: str
    at: datetime
    owner: str
    why: WhyRaised
    v: int = 1


RemindersByPerson = ReminderSnoozed
RemindersByMachine = Reminded | ReminderRaised
RemindersEvent = RemindersByPerson | RemindersByMachine
