"""What is known of pagers and the channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
    worse_at: datetime | None = None
    """When the alert of what got worse was last sent; None while none is open."""
    asking: bool = False
    """An alert of its own asks for an approval."""
    unsure: frozenset[str] = frozenset()
    """Which of trigger, alert and ask may have been done although nobody heard of it: the worker died, or no answer
    came.
    """
    again: bool = False
    """A person pages again: it is resolved first, or the pager would take the next trigger for the same page."""

    @property
    def up(self) -> bool:
        """Whether the page is open at the pager."""
        return self.triggered_at is not None and self.resolved_at is None

    def anew(self, alerts_sent: int) -> PageState:
        """One that has paged nobody yet; what is open at the pager from before is known, so that it is resolved."""
        return PageState(
            alerts_sent=alerts_sent,
            worse_at=self.worse_at,
            asking=self.asking,
            unsure=self.unsure | {"trigger"} if self.up else self.unsure,
        )

    @property
    def word(self) -> str:
        """resolved, acknowledged, triggered or none."""
        if self.resolved_at:
            return "resolved"
        if self.acknowledged_at:
            return "acknowledged"
        return "triggered" if self.triggered_at else "none"
