"""What can have happened to the obligations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import NoticeOutcome
from bot.incident.stored import stored


@stored("awareness-recorded")
@dataclass(frozen=True)
class AwarenessRecorded:
    aware_at: datetime
    reason: str
    v: int = 1


@stored("exposure-recorded")
@dataclass(frozen=True)
class ExposureRecorded:
    exposed_at: datetime
    reason: str
    v: int = 1


@stored("notice-decided")
@dataclass(frozen=True)
class NoticeDecided:
    """`decider` has decided whether the obligation is owed, on `facts` as the incident had them then."""

    obligation: str
    outcome: NoticeOutcome
    reason: str
    decider: str
    facts: tuple[str, ...] = ()
    v: int = 1


@stored("notice-sent")
@dataclass(frozen=True)
class NoticeSent:
    """A person says that the notice was sent. The bot sends none."""

    obligation: str
    reference: str
    sent_at: datetime
    delay: str = ""
    v: int = 1


ObligationsByPerson = AwarenessRecorded | ExposureRecorded | NoticeDecided | NoticeSent
ObligationsEvent = ObligationsByPerson
