"""Keeps what people see in step with the log: at most one drawing a second for each incident, each event shown once."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.errors import OutsideError, Throttled
from bot.eventlog import Cursor, EventLog
from bot.incident.commands import Envelope, LoseChannel
from bot.incident.model import BOT
from bot.incident.state import Incident
from bot.logs import Logger
from bot.workflow.ports import Board, ChannelGone

SURFACE = "slack"
KEY = "card"
PACE = 1.0
"""Seconds between two drawings of one incident: Slack takes one message a second in a channel."""
LONGEST_PAUSE = 60.0

_log = Logger(__name__)


@dataclass
class _Pace:
    not_before: float = 0.0
    failures: int = 0


@dataclass
class CardPublisher:
    """Draws incidents on the board. One worker shows at a time; which one, the worker decides."""

    event_log: EventLog
    board: Board
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    _paces: dict[str, _Pace] = field(default_factory=dict)
    _shown: dict[str, int] = field(default_factory=dict)
    _channels: dict[str, str] = field(default_factory=dict)
    """Of open incidents, as they were last looked at: for what has to be said while the log is away."""

    def wanted_at(self, incident: Incident) -> float | None:
        """When (monotonic seconds) the incident should be drawn; None if what people see is up to date."""
        if incident.slack_untrusted:
            self._channels.pop(incident.id, None)
            return None
        if incident.open and incident.channel:
            self._channels[incident.id] = incident.channel
        else:
            self._channels.pop(incident.id, None)
        if not incident.channel or self._shown_seq(incident.id) >= incident.seq:
            return None
        return self._paces.setdefault(incident.id, _Pace()).not_before

    def show(self, incident_id: str) -> None:
        """Draws it now. A board that does not answer is asked again later: what it missed comes then."""
        pace = self._paces.setdefault(incident_id, _Pace())
        try:
            self._draw(incident_id)
        except ChannelGone as gone:
            # The log wants another one then, and what this one missed is shown there.
            _log.warning("the incident's channel is gone", incident=incident_id, error=str(gone))
            lose = LoseChannel(gone.channel, gone.reason)
            self.event_log.execute(incident_id, Envelope(uuid.uuid4().hex, self.clock(), BOT, lose))
        except OutsideError as error:
            pace.failures += 1
            pause = min(PACE * 2**pace.failures, LONGEST_PAUSE)
            if isinstance(error, Throttled) and error.retry_after is not None:
                pause = max(PACE, error.retry_after)
            pace.not_before = self.monotonic() + pause
            _log.warning("the incident could not be shown", incident=incident_id, error=str(error), again_in=pause)
        else:
            pace.failures = 0
            pace.not_before = self.monotonic() + PACE

    def tell(self, sentence: str) -> None:
        """Says it once in the channel of each open incident; where that fails it is not said."""
        for incident_id, channel in list(self._channels.items()):
            try:
                self.board.say(channel, sentence)
            except OutsideError as error:
                _log.warning("not said in the channel", incident=incident_id, error=str(error))

    def _draw(self, incident_id: str) -> None:
        cursor = self.event_log.cursors.get(incident_id, SURFACE, KEY)
        shown: Mapping[str, str] = json.loads(cursor.data) if cursor else {}
        incident = self.event_log.load(incident_id)
        if incident.slack_untrusted or not incident.channel:
            return
        news = self.event_log.events(incident_id, after=cursor.seq if cursor else 0)
        news = [recorded for recorded in news if recorded.seq <= incident.seq]
        now = self.clock()
        after = self.board.show(incident, news, shown, now, self.event_log.head(incident_id))
        data = json.dumps(dict(after), sort_keys=True)
        self.event_log.cursors.put(Cursor(incident_id, SURFACE, KEY, incident.seq, data, now))
        self._shown[incident_id] = incident.seq

    def _shown_seq(self, incident_id: str) -> int:
        """Read from the database once: after that this process is the one that moves it, or reads it anew."""
        if incident_id not in self._shown:
            cursor = self.event_log.cursors.get(incident_id, SURFACE, KEY)
            self._shown[incident_id] = cursor.seq if cursor else 0
        return self._shown[incident_id]

    def forget(self) -> None:
        """Another worker may have shown things meanwhile."""
        self._shown.clear()
