"""Which incidents' cards are drawn now: in threads of their own, each incident by one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.incident.state import Incident
from bot.logs import Logger
from bot.workflow.card_publisher import CardPublisher
from bot.workflow.watch_list import TICK

_log = Logger(__name__)


@dataclass
class CardDispatcher:
    """`publisher` is None where there is no board. `submit` runs something in a thread of its own, `wake` has the
    worker's loop look again.
    """

    publisher: CardPublisher | None
    submit: Callable[..., object]
    wake: Callable[[], None]
    drawn_now: set[str] = field(default_factory=set)
    """Incidents whose cards are being drawn."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_look(self, incident: Incident, now: datetime, next_at: datetime | None) -> datetime | None:
        """Has the incident drawn if that is wanted now. When it is to be looked at again: at `next_at`, or before that
        where a drawing is due.
        """
        assert self.publisher is not None
        wanted = self.publisher.wanted_at(incident)
        if wanted is None:
            return next_at
        seconds = wanted - self.publisher.monotonic()
        if seconds <= 0:
            self._dispatch(incident.id)
            seconds = TICK
        draw_at = now + timedelta(seconds=seconds)
        return draw_at if next_at is None else min(next_at, draw_at)

    def tell(self, sentence: str) -> None:
        """Says it in the channel of each open incident."""
        if self.publisher is not None:
            self.submit(self.publisher.tell, sentence)

    def forget(self) -> None:
        """Another worker may have drawn meanwhile."""
        if self.publisher is not None:
            self.publisher.forget()

    def _dispatch(self, incident_id: str) -> None:
        with self._lock:
            if incident_id in self.drawn_now:
                return
            self.drawn_now.add(incident_id)
        self.submit(self._draw, incident_id)

    def _draw(self, incident_id: str) -> None:
        assert self.publisher is not None
        try:
            self.publisher.show(incident_id)
        except Exception as error:  # noqa: BLE001 - a thread's last line
            _log.error("the incident could not be shown", incident=incident_id, error=type(error).__name__)
        finally:
            with self._lock:
                self.drawn_now.discard(incident_id)
            self.wake()
