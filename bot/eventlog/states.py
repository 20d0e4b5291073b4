"""The states of incidents that are being worked on, kept between commands and carried forward event by event."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from bot.eventlog.forms import ROOT
from bot.eventlog.stream import Position
from bot.eventlog.turns import Turns
from bot.incident.state import Incident

KEPT = 256


type Reached = Position[Incident | None]
START: Reached = Position(None)


@dataclass
class Cached:
    """An incident's place in the cache. `lock` orders this process's appends to the incident."""

    lock: Turns = field(default_factory=Turns)
    position: Reached = START
    last: Reached = START
    """The last one that was good. It outlives the damage of what comes behind it, to show and to page by."""


class States:
    """At most `bound` incidents, the most recently used. A dropped one has to be folded again, without harm: between
    two holders of one incident the database decides, as between processes.
    """

    def __init__(self, bound: int = KEPT) -> None:
        self._bound = bound
        self._held: OrderedDict[str, Cached] = OrderedDict()
        self._heads: dict[str, tuple[int, str]] = {}
        self._mutex = threading.Lock()

    def of(self, incident: str) -> Cached:
        """The incident's place, an empty one if it has none."""
        with self._mutex:
            held = self._held.setdefault(incident, Cached())
            self._held.move_to_end(incident)
            while len(self._held) > self._bound:
                self._held.popitem(last=False)
            return held

    def saw(self, incident: str, position: Reached) -> None:
        """Remembers permanently how far the incident's log went, for a reader with the seal."""
        with self._mutex:
            if position.seq >= self._heads.get(incident, (0, ""))[0]:
                self._heads[incident] = (position.seq, position.digest)

    def restart(self, incident: str, position: Reached) -> None:
        """Remembers this state instead of the earlier one, which no longer exists."""
        with self._mutex:
            self._heads[incident] = (position.seq, position.digest)

    def head(self, incident: str) -> tuple[int, str]:
        """Number and digest of the newest event that was ever seen of it; (0, ROOT) if none was."""
        with self._mutex:
            return self._heads.get(incident, (0, ROOT))

    def clear(self) -> None:
        """Forgets all of them, and how far they went."""
        with self._mutex:
            self._held.clear()
            self._heads.clear()
