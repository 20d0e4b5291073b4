"""How a worker is known to be alive: by a lock that dies with its process."""

from __future__ import annotations

from bot.journal.contract import Liveness
from bot.journal.database import Database
from bot.journal.lock_file import FileLiveness
from bot.journal.lock_session import SessionLiveness


def open_liveness(database: Database, *, insistent: bool = False) -> Liveness:
    """The worker's lock that belongs to this database.

    `insistent` (for `bot serve` and `bot work`): on SQLite, where one worker runs at a time, ask the one of a terminal
    to give way and wait for it. On PostgreSQL several workers run side by side and nobody has to.
    """
    if database.sqlite:
        return FileLiveness(database.path, insistent=insistent)
    return SessionLiveness(database)
