"""Keeps what people see in step with the log: at most one drawing a second for each incident, each event shown once."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import OutsideError, Throttled
from bot.eventlog import Cursor
from bot.eventlog.sql import EventLog
from bot.incident.commands import Envelope, LoseChannel
from bot.incident.model import BOT
from bot.incident.state import Incident
from bot.logs import Logger
from bot.net.limits import LONGEST_PAUSE as LONGEST_ASKED_FOR
from bot.worker.ports import Asks, Board, ChannelGone
from bot.worker.watch_list import TICK

SURFACE = "slack"
KEY = "card"
ASKED = "asked"
"""The cursor of what people were asked: it lags behind the card's while someone could not be reached."""
PACE = 1.0
"""Seconds between two drawings of one incident: Slack takes one message a second in a channel."""
DRAWN_FOR = 4.0
"""The next drawing waits this many times the processor time of the last one. With a thousand secrets a drawing needs
part of a second, and the work has priority.
"""
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
    asks: Asks | None = None
    _paces: dict[str, _Pace] = field(default_factory=dict)
    _shown: dict[str, int] = field(default_factory=dict)
    _unasked: dict[str, _Pace] = field(default_factory=dict)
    """Incidents with people to ask, or to inform that a question is settled."""
    _channels: dict[str, str] = field(default_factory=dict)
    """The channels of open incidents at the last look, for a message while the log is unavailable."""

    def wanted_at(self, incident: Incident) -> float | None:
        """When (monotonic seconds) the incident should be drawn; None if what people see is up to date."""
        if incident.slack_untrusted:
            self._channels.pop(incident.id, None)
            return None
        if incident.open and incident.channel:
            self._channels[incident.id] = incident.channel
        else:
            self._channels.pop(incident.id, None)
        if not (incident.channel or self._asks_alone(incident)):
            return None
        if self._shown_seq(incident.id) >= incident.seq:
            late = self._unasked.get(incident.id)
            return late.not_before if late is not None else None
        return self._paces.setdefault(incident.id, _Pace()).not_before

    def show(self, incident_id: str) -> None:
        """Draws it now. A board that does not answer is tried again later, and gets then what it missed."""
        pace, began = self._paces.setdefault(incident_id, _Pace()), time.thread_time()
        try:
            self._draw(incident_id)
        except ChannelGone as gone:
            # The log wants another one then, and what this one missed is shown there.
            _log.warning("the incident's channel is gone", incident=incident_id, error=str(gone))
            lose = LoseChannel(gone.channel, gone.reason)
            self.event_log.execute(incident_id, Envelope(uuid.uuid4().hex, self.clock(), BOT, lose))
        except OutsideError as error:
            pause = self._later(pace, error)
            _log.warning("the incident could not be shown", incident=incident_id, error=str(error), again_in=pause)
        except Exception:
            self._later(pace)
            raise
        else:
            pace.failures = 0
            pace.not_before = self.monotonic() + max(PACE, DRAWN_FOR * (time.thread_time() - began))

    def _later(self, pace: _Pace, error: OutsideError | None = None) -> float:
        """Seconds until it is tried again: longer each time, or as long as Slack asks, within reason."""
        pace.failures += 1
        pause = min(PACE * 2.0 ** min(pace.failures, 8), LONGEST_PAUSE)
        if isinstance(error, Throttled) and error.retry_after is not None:
            pause = max(PACE, min(error.retry_after, LONGEST_ASKED_FOR))
        pace.not_before = self.monotonic() + pause
        return pause

    def tell(self, sentence: str) -> None:
        """Says it once in the channel of each open incident; where that fails it is not said."""
        for channel in dict.fromkeys(self._channels.values()):  # one that several share is told once
            try:
                self.board.say(channel, sentence)
            except OutsideError as error:
                _log.warning("not said in the channel", channel=channel, error=str(error))

    def _draw(self, incident_id: str) -> None:
        cursor = self.event_log.cursors.get(incident_id, SURFACE, KEY)
        shown: Mapping[str, str] = json.loads(cursor.data) if cursor else {}
        incident = self.event_log.load(incident_id)
        if incident.slack_untrusted or not (incident.channel or self._asks_alone(incident)):
            return
        if not incident.channel:  # there is nowhere to show it: what it missed is shown if there ever is
            self._shown[incident_id] = incident.seq
            self._ask(incident, self.clock())
            return
        news = self.event_log.events(incident_id, after=cursor.seq if cursor else 0)
        news = [recorded for recorded in news if recorded.seq <= incident.seq]
        now = self.clock()
        after = self.board.show(incident, news, shown, now, self.event_log.head(incident_id))
        data = json.dumps(dict(after), sort_keys=True)
        self.event_log.cursors.put(Cursor(incident_id, SURFACE, KEY, incident.seq, data, now))
        self._shown[incident_id] = incident.seq
        self._ask(incident, now)

    def _asks_alone(self, incident: Incident) -> bool:
        """Whether people may have to be asked although it is shown nowhere: a run may have no channel."""
        return incident.routine and self.asks is not None

    def _ask(self, incident: Incident, now: datetime) -> None:
        """Beside the card, which waits for no rate limit of someone's direct messages."""
        cursor = self.event_log.cursors.get(incident.id, SURFACE, ASKED)
        asked_for = incident.request or incident.proposal or incident.reminded
        nothing = cursor is None and not asked_for and not incident.team.offered
        if self.asks is None or (nothing and not incident.routine):
            return
        asked: Mapping[str, str] = json.loads(cursor.data) if cursor else {}
        seq = cursor.seq if cursor else incident.seq - 1
        news = self.event_log.events(incident.id, after=seq) if asked else []
        after, trouble = self.asks.ask(incident, news, asked, now)
        if trouble is None:
            self._unasked.pop(incident.id, None)
            seq = incident.seq
        else:
            pause = self._later(self._unasked.setdefault(incident.id, _Pace()), trouble)
            _log.warning("someone could not be asked", incident=incident.id, error=str(trouble), again_in=pause)
        data = json.dumps(dict(after), sort_keys=True)
        self.event_log.cursors.put(Cursor(incident.id, SURFACE, ASKED, seq, data, now))

    def _shown_seq(self, incident_id: str) -> int:
        """Read from the database once. Afterwards only this process moves it, or reads it again."""
        if incident_id not in self._shown:
            cursor = self.event_log.cursors.get(incident_id, SURFACE, KEY)
            asked = self.event_log.cursors.get(incident_id, SURFACE, ASKED)
            seq = cursor.seq if cursor else 0
            self._shown[incident_id] = min(seq, asked.seq) if asked else seq
        return self._shown[incident_id]

    def forget(self) -> None:
        """Another worker may have shown things meanwhile."""
        self._shown.clear()


# Which incidents' cards are drawn now: in threads of their own, each incident by one at a time.


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
