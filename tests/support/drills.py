"""Drills as real processes: a folder each, and what they printed."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import requests

from bot.drill.client.place import WORLD, Place, WorldGone, ask, place
from bot.drill.processes import BOT_LOG, BOT_PID, WORLD_LOG
from bot.drill.run import SUMMARY

LONGEST = 420.0


@dataclass
class RunningDrill:
    """``bot drill --auto --json --data FOLDER`` and, through the world's socket and pages, what is behind it."""

    folder: Path
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        command = [sys.executable, "-m", "bot", "drill", "--auto", "--json", "--data", str(self.folder)]
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                [*command, *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environ(self.folder),
                start_new_session=True,
            )

    def kill_group(self) -> None:
        """Ends the drill and all that it started in its own group, as a terminal that is torn down would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def start_in_a_terminal(self) -> int:
        """The same without ``--auto``, at a terminal; the descriptor from which to read what it shows."""
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "bot", "drill", "--data", str(self.folder)]
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ(self.folder) | {"COLUMNS": "200"}
        )
        os.close(theirs)
        return ours

    def finish(self, timeout: float = LONGEST) -> tuple[int, dict, str]:
        """Exit status, the one document on standard output, and standard error."""
        self.process.wait(timeout)
        out = self._out.read_text()
        return self.process.returncode, json.loads(out) if out.strip() else {}, self._err.read_text()

    def run(self) -> tuple[int, dict, str]:
        self.start()
        return self.finish()

    def await_line(self, text: str, timeout: float = 120.0) -> None:
        """Waits until the drill has said this."""
        self.await_that(lambda: text in self._err.read_text(), timeout)

    def await_that(self, holds: Callable[[], bool], timeout: float = 120.0) -> None:
        until = time.monotonic() + timeout
        while not holds():
            assert time.monotonic() < until, self._err.read_text()
            assert self.process.poll() is None, self._err.read_text()
            time.sleep(0.05)

    @property
    def _out(self) -> Path:
        return self.folder.with_suffix(".out")

    @property
    def _err(self) -> Path:
        return self.folder.with_suffix(".err")

    @property
    def bot_pid(self) -> int:
        return int((self.folder / BOT_PID).read_text())

    @property
    def over(self) -> bool:
        return (self.folder / SUMMARY).exists()

    @property
    def place(self) -> Place:
        return place(self.folder)

    def last_lines(self, characters: int = 3000) -> str:
        """The ends of the bot's and the world's logs: a drill that breaks says no more than that they have ended."""
        logs = (self.folder / BOT_LOG, self.folder / WORLD_LOG)
        return "\n".join(f"{log.name}: {log.read_text()[-characters:]}" for log in logs if log.exists())

    def keys(self, stand_in: str) -> list[dict]:
        """The fake's own record: id, name, alive."""
        return list(requests.get(f"{self.place.urls[stand_in]}/_fake/keys", timeout=10).json()["keys"])

    def end(self) -> None:
        """Ends what is left, in whatever order it died."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if (self.folder / WORLD).exists():
            with contextlib.suppress(WorldGone):
                ask(self.place, {"stop": True})


@contextlib.contextmanager
def drill(folder: Path, *arguments: str) -> Iterator[RunningDrill]:
    running = RunningDrill(folder, arguments)
    try:
        yield running
    finally:
        running.end()


def environ(folder: Path) -> dict[str, str]:
    """What an installation remembers of its drills is kept beside the folder."""
    return dict(os.environ) | {"BOT_DATA": str(folder.parent / "own")}


def kill(pid: int) -> None:
    """As the system does when memory runs out: without a word."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
