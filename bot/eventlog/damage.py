"""What a worker has told of an incident's damage, kept beside the log: once is enough, and those who cannot check seals
see it too.

It is sealed like the log: whoever can forge events could also write that their damage had been told.
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
    """`head` is that of the log when it was told: once the log is repaired, no such event stands in it any more."""

    what: str
    head: str
    seal: str = ""


@dataclass(frozen=True)
class Damages:
    """`seal` is None in a process that cannot check one, which then takes what stands there."""

    cursors: Cursors
    seal: Seal | None = None

    def told(self, damaged: Damaged, way: str) -> bool:
        """Whether exactly this damage has been told on this way (``slack``, ``pagerduty``)."""
        cursor = self.cursors.get(damaged.incident, SURFACE, way)
        told = None if cursor is None else _read(cursor)
        if told is None or told.what != damaged.what:
            return False
        return self.seal is None or self.seal.fits_text(SURFACE, _sealed(damaged.incident, way, told), told.seal)

    def tell(self, damaged: Damaged, way: str, head: str, at: datetime) -> None:
        """Keeps that it was told, in the place of what was told before. `head` is that of the log; without one, those
        who cannot check seals do not go by it.
        """
        told = _Told(damaged.what, head)
        seal = "" if self.seal is None else self.seal.of_text(SURFACE, _sealed(damaged.incident, way, told))
        data = msgspec.json.encode(_Told(told.what, told.head, seal)).decode()
        self.cursors.put(Cursor(damaged.incident, SURFACE, way, 0, data, at))

    def standing(self, incident: str, stands: Callable[[str], bool]) -> str:
        """What a worker says is wrong with the log, as long as the head that it had then `stands`; empty: nothing."""
        told = [_read(cursor) for cursor in self.cursors.all(incident, SURFACE)]
        return next((each.what for each in told if each is not None and each.head and stands(each.head)), "")

    def noted(self) -> frozenset[str]:
        """The incidents of which a worker has said so, and nobody since then that it is over."""
        told = ((cursor, _read(cursor)) for cursor in self.cursors.of_surface(SURFACE))
        return frozenset(cursor.incident for cursor, each in told if each is not None and each.head)

    def over(self, incident: str, at: datetime) -> frozenset[str]:
        """A worker has found the log whole: nothing stands against it, and new damage is told anew. On which ways it
        had been told.
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
