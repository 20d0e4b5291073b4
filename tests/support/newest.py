"""An incident's newest state, for those who look again and again while it is worked on."""

from __future__ import annotations

import sqlite3
import weakref

from bot.eventlog import Database
from bot.inbox import Incidents
from bot.incident.state import Incident


class Newest:
    """Loads an incident again only where something has been committed since: SQLite tells that by a number, and most
    looks of forty a second find nothing new. On PostgreSQL each look is at the log.
    """

    def __init__(self, incidents: Incidents, database: Database) -> None:
        self._incidents = incidents
        self._states: dict[str, tuple[int, Incident]] = {}
        self._connection = None
        if database.sqlite:
            self._connection = sqlite3.connect(database.path, check_same_thread=False)
            weakref.finalize(self, self._connection.close)

    def load(self, incident: str) -> Incident:
        """As `Incidents.load`."""
        if self._connection is None:
            return self._incidents.load(incident)
        # Before the look: what is committed meanwhile is seen by the next one.
        commits = self._connection.execute("PRAGMA data_version").fetchone()
        seen, state = self._states.get(incident, (None, None))
        if seen != commits:
            state = self._incidents.load(incident)
            self._states[incident] = commits, state
        return state
