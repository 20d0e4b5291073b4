"""Files that only their owner may read, and a process that leaves no traces of its memory.

Every place that makes a file of the bot uses this module, regardless of the folder and the process's umask. The umask
that `keep_private` sets is a second line, for files that libraries make, such as the servers of a drill. It is not
enough alone: a library may change it, and a process that does not begin in `bot.__main__` has another one.
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
    """Called at the very start of every process of the bot. Its files belong to their owner only, and no core dump
    shows the values in its memory.
    """
    os.umask(UMASK)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def make_folder(path: Path) -> Path:
    """Makes the folder and its missing parents; existing ones stay as they are. OSError."""
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
    """Writes the file, replacing its content. OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        close_to_others(path)
        file.write(text)


def replace_file(path: Path, content: bytes, mode: int = FILE) -> None:
    """Writes a second file, flushes it to the disk, and renames it. Readers see the old or the new file, also after a
    crash. OSError.
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
    """Makes an empty file if there is none, and makes an existing one private. Never opens an existing file: SQLite
    loses a process's locks when the process closes another handle of the file. OSError.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE))
    except FileExistsError:
        close_to_others(path)


def close_to_others(path: Path) -> None:
    """Takes everyone's rights to the file but its owner's. Someone else's file is left as it is."""
    state = path.stat()
    if state.st_mode & ~FILE & 0o777 and state.st_uid == os.geteuid():
        path.chmod(FILE)
