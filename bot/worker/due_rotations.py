"""Watches which rotations are due: for the metrics, and for reminders by day. The reminders of each person have a row
beside the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from bot.decoding import decode
from bot.errors import BotError
from bot.eventlog import INSTALLATION, Cursor
from bot.incident.clocks import day_of, is_day
from bot.logs import Logger
from bot.metrics import Gauge
from bot.model.timings import Timings
from bot.people import People
from bot.planned.ages.due import UNOWNED, DueRotation, DueState, Reminder, Told, reminder
from bot.planned.ages.looks import Looked
from bot.planned.ages.words import message
from bot.worker.background import Background
from bot.worker.ports import Board

SURFACE = "rotations"
"""The surface of the rows with the reminders."""
TOLD = "told:"
CHANNEL = "#channel"
"""The reader that means the channel: no name in a people file begins so."""

_log = Logger(__name__)


@dataclass
class DueRotations(Background):
    """`ask` asks the log, the vault and the providers. `board` is None without Slack, `channel` empty without one for
    rotations; `slack_trusted` says whether anything may be said there.
    """

    THREAD = "rotations"
    WHAT = "due rotations"
    WAITS = "due rotations could not be looked at"
    EVERY = 300.0
    ask: Callable[[], Looked]
    people: People
    timings: Timings
    board: Board | None = None
    channel: str = ""
    slack_trusted: Callable[[], bool] = lambda: True
    latest: Looked | None = None
    """The result of the last look; None before the first one."""

    def round(self) -> None:
        """One look, and its reminders. LogUnavailable without the log."""
        looked = self.latest = self.ask()
        self._remind(looked)

    # --- telling people -----------------------------------------------------------------------------------------------

    def _remind(self, looked: Looked) -> None:
        now = self.clock()
        if self.board is None or not is_day(self.timings, now) or not self.slack_trusted():
            return
        for reader, rotations in self._readers(looked.rotations):
            self._remind_one(self.board, reader, rotations, now)

    def _remind_one(self, board: Board, reader: str, rotations: Sequence[DueRotation], now: datetime) -> None:
        """Nothing about one person's secrets keeps another from being reminded."""
        try:
            told = _told(self.event_log.cursors.get(INSTALLATION, SURFACE, f"{TOLD}{reader}"))
            found = reminder(rotations, told, now, day_of(self.timings, now))
            if found is not None:
                self._send(board, reader, found, now)
        except BotError:
            raise
        except Exception as error:  # noqa: BLE001 - as said
            _log.error("a reminder could not be written", reader=reader, error=type(error).__name__)

    def _send(self, board: Board, reader: str, found: Reminder, now: datetime) -> None:
        """Stores the reminder after sending it. After a crash in between, the sent message is found by its metadata."""
        target, whose = (self.channel, "of all owners") if reader == CHANNEL else (f"@{reader}", "yours")
        try:
            text = message(found.rotations, now, whose=whose)
            why_not = board.tell(INSTALLATION, f"due {found.told.day}", target, text)
        except BotError as error:
            _log.warning("a reminder could not be sent", reader=reader, error=str(error))
            return
        if why_not:
            _log.warning("a reminder could not be sent", reader=reader, error=why_not)
        data = msgspec.json.encode(found.told).decode()
        self.event_log.cursors.put(Cursor(INSTALLATION, SURFACE, f"{TOLD}{reader}", 0, data, now))

    def _readers(self, rotations: Sequence[DueRotation]) -> Iterator[tuple[str, list[DueRotation]]]:
        """Each person of the file with their rotations; the channel with overdue ones, and with those without a
        reachable owner.
        """
        mine: dict[str, list[DueRotation]] = {}
        common = []
        for rotation in rotations:
            owned = UNOWNED not in rotation.overdue_because
            reached = [one.name for one in self.people.owning(rotation.owner) if one.slack is not None and owned]
            for name in reached:
                mine.setdefault(name, []).append(rotation)
            if not reached or rotation.state is DueState.OVERDUE:
                common.append(rotation)
        yield from sorted(mine.items())
        if self.channel:
            yield CHANNEL, common

    # --- measuring ----------------------------------------------------------------------------------------------------

    def facts(self) -> Iterator[Gauge]:
        """Gauges at the moment of a scrape; nothing before the first look. An unknown age has no value."""
        if self.latest is None:
            return
        labels, now = ("environment", "secret"), self.clock()
        known: dict[tuple[str, ...], float] = {}
        overdue: dict[tuple[str, ...], float] = {}
        for each in self.latest.rotations:
            name, days = (each.environment, each.secret), each.age.days(now)
            known |= {} if days is None else {name: float(days)}
            overdue[name] = float(each.state is DueState.OVERDUE)
        yield Gauge("compromise_bot_secret_age_days", "Whole days since the value was rotated", known, labels)
        words = "1 where it is older than its policy allows, of unknown age, or without an owner"
        yield Gauge("compromise_bot_secret_overdue", words, overdue, labels)


def _told(cursor: Cursor | None) -> Told:
    if cursor is None:
        return Told()
    try:
        return decode(cursor.data, Told)
    except (msgspec.DecodeError, ValueError):
        return Told()
