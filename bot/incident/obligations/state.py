"""What is known of the obligations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import By, NoticeOutcome


@dataclass(frozen=True)
class Exposure:
    """Who recorded since when the values were exposed, and why then."""

    reason: str
    by: By
    seq: int


@dataclass(frozen=True)
class Awareness:
    """Since when people say that they knew: `by` recorded it."""

    at: datetime
    reason: str
    by: By
    seq: int


@dataclass(frozen=True)
class NoticeDecision:
    """Whether a notice is owed, on which facts, and why."""

    outcome: NoticeOutcome
    reason: str
    decider: str
    facts: tuple[str, ...]
    by: By
    seq: int


@dataclass(frozen=True)
class SentNotice:
    reference: str
    at: datetime
    delay: str
    by: By
    seq: int


@dataclass(frozen=True)
class Notice:
    """What became of one obligation so far."""

    decision: NoticeDecision | None = None
    sent: SentNotice | None = None
