"""The count of revocations by one person alone: three in an environment within twelve hours, over all incidents.

They are counted from the sealed parts of all logs, so write access to the database adds none. A process also keeps its
own count until the window ends, even if rows are deleted. `rows.lock_all` prevents two simultaneous declarations from
both taking the last one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from bot.errors import LogError
from bot.eventlog import rows
from bot.eventlog.chain import StoredEvent, read, whole
from bot.eventlog.forms import ROOT, format_time
from bot.eventlog.seal import Seal
from bot.eventlog.tables import EVENTS
from bot.incident import events as e
from bot.incident.approval.basis import KILL_WINDOW, KILLS_BY_ONE
from bot.incident.codec import CODEC


def wanted(events: Sequence[e.Event]) -> bool:
    """Whether a revocation uses a slot by these events."""
    return any(isinstance(event, e.KillRequested) and event.slot for event in events)


class Kills:
    """The revocations in one event log that people asked for, by incident and number of the event: where and when they
    used a slot, or None.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int], tuple[str, datetime] | None] = {}
        self._mutex = threading.Lock()

    def saw(self, incident: str, environment: str, events: Iterable[e.Recorded]) -> None:
        """These events of the incident are true: workers wrote them."""
        asked = [(one, one.event) for one in events if isinstance(one.event, e.KillRequested)]
        with self._mutex:
            self._seen |= {(incident, one.seq): (environment, one.at) if event.slot else None for one, event in asked}

    def free(self, connection: Connection, environment: str, at: datetime, seal: Seal | None) -> int:
        """How many more revocations one person may start there at this time. Without the seal all rows are believed."""
        since = at - KILL_WINDOW
        for incident in self._unread(connection, since):
            genuine = _genuine(rows.tail(connection, incident, 0), seal)
            declared = genuine[0].event if genuine else None
            if isinstance(declared, e.IncidentDeclared):
                self.saw(incident, declared.environment, genuine)
        with self._mutex:
            taken = [slot for slot in self._seen.values() if slot and slot[0] == environment and slot[1] > since]
        return KILLS_BY_ONE - len(taken)

    def _unread(self, connection: Connection, since: datetime) -> list[str]:
        """The incidents with new requests for a revocation that were not all read."""
        mine = (EVENTS.c.kind == e.kind_of(e.KillRequested)) & (EVENTS.c.at > format_time(since))
        found = connection.execute(select(EVENTS.c.stream, EVENTS.c.seq).where(mine)).all()
        with self._mutex:
            return sorted({str(incident) for incident, seq in found if (incident, seq) not in self._seen})


def _genuine(stored: Sequence[StoredEvent], seal: Seal | None) -> list[e.Recorded]:
    """The longest valid beginning, sealed by a worker for a reader who has the seal."""
    after, held, end = (0, ROOT), list[e.Recorded](), 0
    for row in stored:
        if not whole(row, after):
            break
        try:
            held.append(read(row, CODEC))
        except LogError:
            break
        after = (row.seq, row.digest)
        if seal is None or (row.seal and seal.fits(row)):
            end = len(held)
    return held[:end]
