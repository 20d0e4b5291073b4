"""How a worker is known to be alive: by a lock that dies with its process."""

from __future__ import annotations

from bot.eventlog.contract import Leadership
from bot.eventlog.database import Database
from bot.eventlog.lock_file import FileLeadership
from bot.eventlog.lock_session import SessionLeadership


def open_leadership(database: Database, *, insistent: bool = False) -> Leadership:
    """The worker's lock that belongs to this database.

    `insistent` (for `bot serve` and `bot work`): on SQLite, where one worker runs at a time, it asks a terminal's
    worker to give way and waits for it. On PostgreSQL several workers run side by side; ids of insistent ones come
    first, so one of these leads.
    """
    if database.sqlite:
        return FileLeadership(database.path, insistent=insistent)
    return SessionLeadership(database, insistent=insistent)
