"""What fixtures have in common whose provider is a real server of the practice world's own."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.private import open_to_append

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


SERVERS = "servers"
"""In the drill's folder: the processes of its servers, a number a line, each written as it starts."""
ELSEWHERE = "bot-practice-"
"""So begin the names of folders in /tmp of servers that cannot have theirs in the drill's."""
ENDING_SECONDS = 10.0
PAUSE = 0.02


def note_started(folder: Path, pid: int) -> None:
    """Records a server process of the drill in `folder`, for cleaning up after its world was killed."""
    with open_to_append(folder / SERVERS) as file:
        file.write(f"{pid}\n".encode())


def end_left_servers(folder: Path) -> None:
    """Ends the servers that a killed world has left, where the process of that number still works in a folder of the
    drill in `folder`, and removes what they have in /tmp. Processes are told on Linux alone.
    """
    places = [inside for inside in folder.iterdir() if inside.is_dir()]
    homes = {inside.resolve() for inside in places}
    with suppress(FileNotFoundError):
        for pid in (folder / SERVERS).read_text().split() if sys.platform == "linux" else ():
            _end(int(pid), homes)
        (folder / SERVERS).unlink()
    for inside in places:
        if inside.is_symlink() and (own := inside.readlink().parent).name.startswith(ELSEWHERE):
            shutil.rmtree(own, ignore_errors=True)
            inside.unlink()


def _end(pid: int, homes: Collection[Path]) -> None:
    with suppress(ProcessLookupError):
        if _works_in(pid, homes):
            os.kill(pid, signal.SIGINT)  # both servers understand it as: at once, with open connections
        until = time.monotonic() + ENDING_SECONDS
        while _works_in(pid, homes):
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
                return
            time.sleep(PAUSE)


def _works_in(pid: int, homes: Collection[Path]) -> bool:
    """By where it stands, or by its arguments: where root may not see the first of another user's process."""
    with suppress(OSError):
        if Path(f"/proc/{pid}/cwd").readlink() in homes:
            return True
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return any(os.fsencode(home) in words for home in homes)
    return False


class Server(Protocol):
    @property
    def port(self) -> int: ...

    @property
    def pid(self) -> int: ...

    def stop(self) -> None: ...


class OwnServer:
    """For a dataclass with a field `server`: it has its own protocol, and no faults."""

    server: Server

    def applications(self) -> Mapping[str, WSGIApplication]:
        return {}

    def variables(self, _urls: Mapping[str, str]) -> Mapping[str, str]:
        return {}

    def faults(self) -> None:
        return None

    def values(self) -> Iterator[tuple[str, str]]:
        """None besides those in the vault: passwords are made there."""
        yield from ()

    @property
    def port(self) -> int:
        """The server's port: its address is in the values."""
        return self.server.port

    def pid(self) -> int:
        return self.server.pid

    def stop(self) -> None:
        self.server.stop()
