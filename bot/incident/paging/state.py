"""What is known of pagers and the channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.responders import Acknowledgement, OnCall


@dataclass(frozen=True)
class PageState:
    triggered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    notes_sent: int = 0
    missing: bool = False
    """There is no such pager."""
    alerts_sent: int = 0
    """How many of the incident's alerts have been sent."""
    asking: bool = False
    """An alert of its own asks for an approval."""
    answered_by: str = ""
    """Who has acknowledged it, by the pager's own word."""
    looked_at: datetime | None = None
    """When the pager was last asked for that."""
    tells: bool = True
    """Whether the pager can say who has acknowledged."""
    unanswered_at: datetime | None = None
    """When it was told that nobody had answered."""
    on_call: tuple[OnCall, ...] = ()
    acknowledged: tuple[Acknowledgement, ...] = ()
    """Of this page, the earliest first, whoever it was: also of whoever raised the incident."""
    hidden: tuple[str, ...] = ()
    """What the pager does not tell, in phrases."""
    level: int = 1
    """Of its escalation policy: the one that it pages."""
    escalated_at: datetime | None = None
    no_further: str = ""
    """Why no further level of it is paged."""

    @property
    def word(self) -> str:
        """resolved, acknowledged, triggered or none."""
        if self.resolved_at:
            return "resolved"
        if self.acknowledged_at:
            return "acknowledged"
        return "triggered" if self.triggered_at else "none"
