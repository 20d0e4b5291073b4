"""Reports of an incident's damage, kept beside the log, so that each is sent once and readers without the seal see it.

They are sealed like the log: otherwise an attacker who can forge events could mark their damage as reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from bot.decoding import decode
from bot.eventlog.contract import Cursor, Damaged
from bot.eventlog.cursors import Cursors
from bot.eventlog.seal import Seal

SURFACE = "damage"


@dataclass(frozen=True)
class _Told:
    """`head` is the head of the log at the time of the report; a repaired log no longer has this event."""

    what: str
    head: str
    seal: str = ""


@dataclass(frozen=True)
class Damages:
    """`seal` is None in a process without the seal; it then believes the stored rows."""

    cursors: Cursors
    seal: Seal | None = None

    def told(self, damaged: Damaged, way: str) -> bool:
        """Whether exactly this damage was reported through this surface (``slack``, ``pagerduty``)."""
        cursor = self.cursors.get(damaged.incident, SURFACE, way)
        told = None if cursor is None else _read(cursor)
        if told is None or told.what != damaged.what:
            return False
        return self.seal is None or self.seal.fits_text(SURFACE, _sealed(damaged.incident, way, told), told.seal)

    def tell(self, damaged: Damaged, way: str, head: str, at: datetime) -> None:
        """Records a report, replacing the earlier one. `head` is the log's; without it, readers without the seal ignore
        the report.
        """
        told = _Told(damaged.what, head)
        seal = "" if self.seal is None else self.seal.of_text(SURFACE, _sealed(damaged.incident, way, told))
        data = msgspec.json.encode(_Told(told.what, told.head, seal)).decode()
        self.cursors.put(Cursor(damaged.incident, SURFACE, way, 0, data, at))

    def standing(self, incident: str, stands: Callable[[str], bool]) -> str:
        """A worker's report of damage, while the log still has its head at that time (`stands`); else empty."""
        told = [_read(cursor) for cursor in self.cursors.all(incident, SURFACE)]
        return next((each.what for each in told if each is not None and each.head and stands(each.head)), "")

    def noted(self) -> frozenset[str]:
        """The incidents with reported damage that was not withdrawn."""
        told = ((cursor, _read(cursor)) for cursor in self.cursors.of_surface(SURFACE))
        return frozenset(cursor.incident for cursor, each in told if each is not None and each.head)

    def over(self, incident: str, at: datetime) -> frozenset[str]:
        """A worker found the log whole: withdraws the report, so that new damage is reported again. Returns the
        surfaces of the earlier report.
        """
        ways = set()
        for cursor in self.cursors.all(incident, SURFACE):
            told = _read(cursor)
            if told is not None and told.head:
                self.tell(Damaged(incident, ""), cursor.key, "", at)
                ways.add(cursor.key)
        return frozenset(ways)


def _sealed(incident: str, way: str, told: _Told) -> str:
    return msgspec.json.encode([incident, way, told.what, told.head]).decode()


def _read(cursor: Cursor) -> _Told | None:
    try:
        return decode(cursor.data, _Told)
    except msgspec.DecodeError:
        return None
