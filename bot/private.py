"""Files that nobody but their owner may read, and a process that leaves nothing of its memory behind.

Every place that makes a file of ours makes it through here, whatever the folder and the process's umask allow. The
umask that `keep_private` sets is the second line: it holds for what libraries make, such as the servers of a drill. It
is not enough by itself: any library may change it, and a process that does not begin in `bot.__main__` has another.
"""

from __future__ import annotations

import os
import resource
import tempfile
from pathlib import Path
from typing import IO

FILE = 0o600
FOLDER = 0o700
UMASK = 0o077


def keep_private() -> None:
    """For every process of the bot, at its very start: what it makes is its owner's, and no core dump shows the values
    that were in its memory.
    """
    os.umask(UMASK)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def make_folder(path: Path) -> Path:
    """Makes the folder and those above it where they are missing; what is there stays as it is. OSError."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=FOLDER, exist_ok=True)
    return path


def open_to_append(path: Path) -> IO[bytes]:
    """The file, made where it is missing, to write at its end; one of ours that others could read is closed to them.

    OSError.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, FILE)
    close_to_others(path)
    return os.fdopen(descriptor, "ab")


def write_file(path: Path, text: str) -> None:
    """Writes the file anew. OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        close_to_others(path)
        file.write(text)


def replace_file(path: Path, content: bytes, mode: int = FILE) -> None:
    """Writes beside the file, flushes to the disk, and renames: readers see the file before or that after, and after
    a crash one of the two is there. OSError.
    """
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.unfinished-")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def make_file(path: Path) -> None:
    """Makes an empty file where there is none; one of ours that others could read is closed to them. It never opens one
    that is there: for SQLite, whose locks a process loses when it closes any other handle of the same file. OSError.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE))
    except FileExistsError:
        close_to_others(path)


def close_to_others(path: Path) -> None:
    """Takes everybody's rights to the file but its owner's. Somebody else's file is left as it is."""
    state = path.stat()
    if state.st_mode & ~FILE & 0o777 and state.st_uid == os.geteuid():
        path.chmod(FILE)
