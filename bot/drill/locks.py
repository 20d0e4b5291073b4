"""One process of a kind in a folder, by a lock on an open file.

The system releases such a lock when the last process with the file open is gone, for any reason, so it is never
outdated, as a file with a process's number could be. Source: flock(2).
"""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from typing import IO

from bot.private import open_to_append

MOMENT = 0.5
"""Seconds: others look at a lock by taking it for an instant."""
PAUSE = 0.02


def take(path: Path) -> IO[bytes] | None:
    """The open file that holds the lock, to be kept or handed to a process; None if another has it."""
    file = open_to_append(path)
    until = time.monotonic() + MOMENT
    while not _lock(file, fcntl.LOCK_EX):
        if time.monotonic() > until:
            file.close()
            return None
        time.sleep(PAUSE)
    return file


def taken(path: Path) -> bool:
    """Whether some process holds the lock now."""
    if not path.exists():
        return False
    with open_to_append(path) as file:
        return not _lock(file, fcntl.LOCK_SH)


def _lock(file: IO[bytes], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
