"""How a worker is known to be alive: by a lock that dies with its process."""

from __future__ import annotations

from bot.eventlog.contract import Leadership
from bot.eventlog.database import Database
from bot.eventlog.lock_file import FileLeadership
from bot.eventlog.lock_session import SessionLeadership


def open_leadership(database: Database, *, insistent: bool = False) -> Leadership:
    """The worker's lock that belongs to this database.

    `insistent` (for `bot serve` and `bot work`): on SQLite, where one worker runs at a time, ask the one of a terminal
    to give way and wait for it. On PostgreSQL several workers run side by side and nobody has to; of their ids those of
    insistent ones come first, and so one of these leads.
    """
    if database.sqlite:
        return FileLeadership(database.path, insistent=insistent)
    return SessionLeadership(database, insistent=insistent)
