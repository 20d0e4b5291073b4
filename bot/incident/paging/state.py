"""What is known of pagers and the channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    alerts_open: Mapping[int, datetime] = field(default_factory=dict)
    """The alerts beside the page that have not been resolved, by their number, counted from 1, and when each was sent;
    also one of which that is not certain.
    """
    alerts_acknowledged: frozenset[int] = frozenset()
    """Which of those have been acknowledged by the bot."""
    sending: int = 0
    """The number of the alert that is on its way, or of which no answer came; 0 if none is."""
    asking: bool = False
    """An alert of its own asks for an approval."""
    unsure: frozenset[str] = frozenset()
    """Which of trigger and ask may have been done although nobody heard of it: the worker died, or no answer came."""
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

    def anew(self, alerts_sent: int) -> PageState:
        """One that has paged nobody yet; what is open at the pager from before is known, so that it is resolved."""
        sent = range(1, alerts_sent + 1)
        maybe_open = self.triggered_at is not None and self.resolved_at is None
        return PageState(
            alerts_sent=alerts_sent,
            sending=self.sending,
            alerts_open=self.alerts_open,
            alerts_acknowledged=self.alerts_acknowledged.intersection(sent),
            asking=self.asking,
            unsure=self.unsure | {"trigger"} if maybe_open else self.unsure,
        )

    @property
    def word(self) -> str:
        """resolved, acknowledged, triggered or none."""
        if self.resolved_at:
            return "resolved"
        if self.acknowledged_at:
            return "acknowledged"
        return "triggered" if self.triggered_at else "none"
