"""What can have happened to reminders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.stored import stored


@stored("reminded")
@dataclass(frozen=True)
class Reminded:
    """People were reminded of what was due `at` and is not done: `key` names it for good, `owner` is whose it is, empty
    where nobody has it, `legal` a deadline of the law or of a contract. `early`: that time has not come yet.
    """

    key: str
    words: str
    at: datetime
    owner: str = ""
    legal: bool = False
    early: bool = False
    v: int = 1


RemindersEvent = Reminded
