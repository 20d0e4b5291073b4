"""Whom a pager names: who is on call, and who has acknowledged a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OnCall:
    """Somebody who is on call now, at this level of the escalation policy, from 1. `name` is the pager's own word for
    them, `person` their entry of the people file; empty where their e-mail address is in none.
    """

    level: int
    name: str
    person: str = ""


@dataclass(frozen=True)
class Acknowledgement:
    """Who has acknowledged a page there, and when (UTC). Names as above."""

    name: str
    at: datetime
    person: str = ""

    @property
    def who(self) -> str:
        return self.person or self.name
